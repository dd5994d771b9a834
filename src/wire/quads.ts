import { formatIPv4 } from '../address.ts';
import { ADDRESS_TLV_SIZE, TYPE_REMOVE_TRAPPED, TYPE_WHITE } from './constants.ts';

/** How many addresses share one string. One of them that is kept keeps the others' text too: 256 bytes at most. */
const MAX_RUN = 16;
/** Fewer are not worth a native call. */
const MIN_RUN = 4;

/** Type and length of an address TLV as one number: the smallest and the greatest. */
const FIRST_HEADER = (TYPE_WHITE << 16) | ADDRESS_TLV_SIZE;
const LAST_HEADER = (TYPE_REMOVE_TRAPPED << 16) | ADDRESS_TLV_SIZE;

/** `255.` and the like by octet: its characters as a little-endian number, and how many they are. */
const characters = new Uint32Array(256);
const lengths = new Uint8Array(256);
for (let octet = 0; octet < 256; octet++) {
  const text = Buffer.from(`${octet}.`);
  lengths[octet] = text.length;
  characters[octet] = text.readUIntLE(0, text.length);
}

/**
 * The dotted quads of address TLVs that stand behind each other, as in a batch: written as bytes, made one string by
 * one native call, and cut from that. Putting each together from octets costs twice as much, and more than that again
 * when somebody looks at it, since V8 joins such strings only then.
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

  /** @param fields A view of all of `bytes`, where each datagram is put. */
  constructor(bytes: Uint8Array, fields: DataView) {
    this.#bytes = bytes;
    this.#fields = fields;
  }

  /** Another datagram was put in the buffer. */
  reset(): void {
    this.#count = 0;
    this.#next = 0;
  }

  /** The address of the address TLV at `at`; to be asked for every one, in order, of a datagram that ends at `end`. */
  read(at: number, end: number): string {
    if (this.#next === this.#count && !this.#prepare(at, end)) return formatIPv4(this.#fields.getUint32(at + 12));
    const from = this.#next === 0 ? 0 : (this.#ends[this.#next - 1] as number);
    // Without the dot behind it.
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
        // All four at once; what an octet does not fill the next one writes over.
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

  /** How many address TLVs stand there, at most {@link MAX_RUN}. */
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
