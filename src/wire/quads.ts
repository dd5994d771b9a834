import { formatIPv4 } from '../address.ts';
import { ADDRESS_TLV_SIZE, TYPE_REMOVE_TRAPPED, TYPE_WHITE } from './constants.ts';

/**
 * How many addresses are cut from one string. If one of them is kept, it keeps the text of the others too: 256 bytes at
 * most.
 */
const MAX_RUN = 16;
/** For fewer addresses a native call does not pay. */
const MIN_RUN = 4;

/** Type and length of an address TLV as one number: the smallest and the greatest. */
const FIRST_HEADER = (TYPE_WHITE << 16) | ADDRESS_TLV_SIZE;
const LAST_HEADER = (TYPE_REMOVE_TRAPPED << 16) | ADDRESS_TLV_SIZE;

/**
 * The text of each octet with its dot, such as `255.`: the characters as a little-endian number, and how many there
 * are.
 */
const characters = new Uint32Array(256);
const lengths = new Uint8Array(256);
for (let octet = 0; octet < 256; octet++) {
  const text = Buffer.from(`${octet}.`);
  lengths[octet] = text.length;
  characters[octet] = text.readUIntLE(0, text.length);
}

/**
 * Makes the dotted quads of address TLVs that follow each other, as in a batch. It writes them as bytes, makes one
 * string of the bytes by one native call, and cuts the addresses from that string. Joining each address from octets
 * costs twice as much. It costs more than that again when the address is first read, since V8 joins such strings only
 * then.
 */
export class DottedQuads {
  readonly #bytes: Uint8Array;
  readonly #fields: DataView;
  readonly #ascii = Buffer.alloc(MAX_RUN * 16);
  readonly #writer = new DataView(this.#ascii.buffer, this.#ascii.byteOffset, this.#ascii.length);
  readonly #ends = new Uint16Array(MAX_RUN);
  #text = '';
  #next = 0;
  #count = 0;

  /** @param fields A view of all of `bytes`, into which each datagram is copied. */
  constructor(bytes: Uint8Array, fields: DataView) {
    this.#bytes = bytes;
    this.#fields = fields;
  }

  /** Starts over: another datagram was copied into the buffer. */
  reset(): void {
    this.#count = 0;
    this.#next = 0;
  }

  /**
   * The address of the address TLV at `at`, in a datagram that ends at `end`. Must be called for every address TLV, in
   * order.
   */
  read(at: number, end: number): string {
    if (this.#next === this.#count && !this.#prepare(at, end)) return formatIPv4(this.#fields.getUint32(at + 12));
    const from = this.#next === 0 ? 0 : (this.#ends[this.#next - 1] as number);
    // Without the dot at the end.
    return this.#text.substring(from, (this.#ends[this.#next++] as number) - 1);
  }

  #prepare(first: number, end: number): boolean {
    const count = this.#runFrom(first, end);
    if (count < MIN_RUN) return false;
    const bytes = this.#bytes;
    const writer = this.#writer;
    const ends = this.#ends;
    let to = 0;
    for (let index = 0; index < count; index++) {
      const at = first + index * ADDRESS_TLV_SIZE + 12;
      for (let i = at; i < at + 4; i++) {
        const octet = bytes[i] as number;
        // Writes four bytes at once. The next octet overwrites those that this one does not need.
        writer.setUint32(to, characters[octet] as number, true);
        to += lengths[octet] as number;
      }
      ends[index] = to;
    }
    this.#text = this.#ascii.toString('latin1', 0, to);
    this.#next = 0;
    this.#count = count;
    return true;
  }

  /** How many address TLVs follow each other from there on, at most {@link MAX_RUN}. */
  #runFrom(first: number, end: number): number {
    const max = Math.min(MAX_RUN, Math.floor((end - first) / ADDRESS_TLV_SIZE));
    let count = 1;
    while (count < max && this.#isAddress(first + count * ADDRESS_TLV_SIZE)) count++;
    return count;
  }

  #isAddress(at: number): boolean {
    const header = this.#fields.getUint32(at);
    return header >= FIRST_HEADER && header <= LAST_HEADER && (header & 0xffff) === ADDRESS_TLV_SIZE;
  }
}
