/** How many slots a Redis cluster has. */
const SLOTS = 16_384;
const POLYNOMIAL = 0x1021;

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
  return crc;
});

let tags: readonly string[] | undefined;

/** The slot of a hash tag: CRC-16/XMODEM, as the cluster specification has it. */
export function slotOf(tag: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tag)) crc = ((crc << 8) & 0xffff) ^ (table[(crc >>> 8) ^ byte] as number);
  return crc % SLOTS;
}

/**
 * For each slot, the smallest number that falls into it as a hash tag. Keys that exist for each slot are named by this
 * number.
 */
export function slotTags(): readonly string[] {
  if (tags !== undefined) return tags;
  const found: string[] = new Array(SLOTS);
  for (let left = SLOTS, number = 0; left > 0; number++) {
    const slot = slotOf(`${number}`);
    if (found[slot] !== undefined) continue;
    found[slot] = `${number}`;
    left--;
  }
  tags = found;
  return tags;
}

export function tagOfSlotOf(tag: string): string {
  return slotTags()[slotOf(tag)] as string;
}
