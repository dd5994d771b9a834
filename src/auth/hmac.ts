import { hash } from 'node:crypto';
import { HMAC_AT, HMAC_SIZE, MAX_SIZE } from '../wire/constants.ts';

const BLOCK_SIZE = 64;
/** Node's older name for Latin-1, the one that the types of `hash` know. */
const ENCODING = 'binary';
const NO_HMAC = new Uint8Array(HMAC_SIZE);

/** A datagram's HMAC as 20 Latin-1 characters, one a byte: the form that the native hash returns fastest. */
export type Digest = string;

/**
 * HMAC-SHA1 (RFC 2104) over a datagram whose own 20 HMAC bytes count as zero. It is made of two one-shot native hashes,
 * over pads that are prepared once for each key. `createHmac` sets up an object for each datagram, which costs two to
 * three times as much.
 */
export class DatagramHmac {
  readonly #inner = Buffer.alloc(BLOCK_SIZE + MAX_SIZE, 0x36);
  readonly #outer = Buffer.alloc(BLOCK_SIZE + HMAC_SIZE, 0x5c);
  /**
   * Views of the inner buffer by datagram length. Each is made when it is first needed, and kept: making a view costs
   * as much as a short hash.
   */
  readonly #views: (Buffer | undefined)[] = new Array(MAX_SIZE + 1);

  /** @param key At most 64 bytes, the block size. spamd's keys have 40 bytes, or none. */
  constructor(key: Uint8Array) {
    for (let at = 0; at < key.length; at++) {
      this.#inner[at] = (this.#inner[at] as number) ^ (key[at] as number);
      this.#outer[at] = (this.#outer[at] as number) ^ (key[at] as number);
    }
  }

  /** The digest that `datagram` ought to carry. For datagrams of 36..1408 bytes. */
  digest(datagram: Uint8Array): Digest {
    const inner = this.#inner;
    inner.set(datagram, BLOCK_SIZE);
    inner.set(NO_HMAC, BLOCK_SIZE + HMAC_AT);
    this.#views[datagram.length] ??= inner.subarray(0, BLOCK_SIZE + datagram.length);
    const view = this.#views[datagram.length] as Buffer;
    copyDigest(hash('sha1', view, ENCODING), this.#outer, BLOCK_SIZE);
    return hash('sha1', this.#outer, ENCODING);
  }
}

/** Whether a datagram carries `digest`. The time that this takes does not depend on which bytes differ. */
export function carries(datagram: Uint8Array, digest: Digest): boolean {
  let difference = 0;
  for (let at = 0; at < HMAC_SIZE; at++) {
    difference |= digest.charCodeAt(at) ^ (datagram[HMAC_AT + at] as number);
  }
  return difference === 0;
}

export function writeDigest(datagram: Uint8Array, digest: Digest): void {
  copyDigest(digest, datagram, HMAC_AT);
}

/** Copies character by character: a native write of 20 characters costs more, by a quarter of a whole HMAC. */
function copyDigest(digest: Digest, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < HMAC_SIZE; i++) bytes[at + i] = digest.charCodeAt(i);
}
