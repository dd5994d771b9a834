import { writeDigest } from '../auth/hmac.ts';
import type { SyncKey } from '../auth/key.ts';
import type { Keyring } from '../auth/keyring.ts';
import type { DatagramWriter } from '../wire/encode.ts';
import type { Dialect } from './options.ts';

/** Who hears a datagram: all targets of a dialect, or one target alone. */
export type Audience = Dialect | 'one';

/** Far from where the others count, so that what one target alone is sent looks to nobody like a gap. */
const FIRST_FOR_ONE = 0x8000_0000;

/** Numbers and signs this peer's datagrams. */
export class Signer {
  readonly #key: SyncKey | Keyring;
  readonly #onSigned: (digest: string, newest: number) => void;
  /** Each audience's datagrams are counted by themselves, since no receiver hears two: a gap is a loss to it. */
  readonly #next: Record<Audience, number> = { spamd: 0, greyd: 0, one: FIRST_FOR_ONE };

  /** @param onSigned Called with each datagram's digest before it is sent. */
  constructor(key: SyncKey | Keyring, onSigned: (digest: string, newest: number) => void) {
    this.#key = key;
    this.#onSigned = onSigned;
  }

  /** The datagram that the writer holds, ready to be sent. */
  sign(writer: DatagramWriter, audience: Audience, newest: number): Buffer {
    const counter = this.#next[audience];
    this.#next[audience] = (counter + 1) >>> 0;
    const bytes = writer.finish(counter);
    const digest = this.#key.digest(bytes);
    writeDigest(bytes, digest);
    this.#onSigned(digest, newest);
    return bytes;
  }
}
