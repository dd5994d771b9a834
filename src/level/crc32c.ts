/** The polynomial of LevelDB's checksum (CRC-32C, Castagnoli), bits reversed. */
const POLYNOMIAL = 0x82f63b78;
/** Eight bytes are taken at a time: table `n` is for a byte that `n` more bytes follow. */
const [T0, T1, T2, T3, T4, T5, T6, T7] = tables();

/** The checksum of LevelDB's own files over a range of bytes: CRC-32C, which Node does not have. */
export function crc32c(bytes: Uint8Array, from: number, to: number): number {
  let crc = -1;
  let at = from;
  for (; at + 8 <= to; at += 8) {
    crc ^= byte(bytes, at) | (byte(bytes, at + 1) << 8) | (byte(bytes, at + 2) << 16) | (byte(bytes, at + 3) << 24);
    crc =
      entry(T7, crc) ^
      entry(T6, crc >>> 8) ^
      entry(T5, crc >>> 16) ^
      entry(T4, crc >>> 24) ^
      entry(T3, byte(bytes, at + 4)) ^
      entry(T2, byte(bytes, at + 5)) ^
      entry(T1, byte(bytes, at + 6)) ^
      entry(T0, byte(bytes, at + 7));
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ entry(T0, crc ^ byte(bytes, at));
  return ~crc >>> 0;
}

/**
 * A checksum in the form in which LevelDB stores it, so that a checksum over bytes that contain checksums is still
 * reliable.
 */
export function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

function entry(table: Int32Array, index: number): number {
  return table[index & 255] as number;
}

type Eight<T> = [T, T, T, T, T, T, T, T];

function tables(): Eight<Int32Array> {
  const first = new Int32Array(256);
  for (let value = 0; value < 256; value++) {
    let crc = value;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    first[value] = crc;
  }
  const all = [first];
  for (let last = first; all.length < 8; all.push(last)) last = last.map((crc) => (crc >>> 8) ^ entry(first, crc));
  return all as Eight<Int32Array>;
}
