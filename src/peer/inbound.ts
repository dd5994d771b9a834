import type { SyncKey } from '../auth/key.ts';
import type { Keyring, Verified } from '../auth/keyring.ts';
import type { Entry, Source } from '../entry.ts';
import type { DecodeReason } from '../errors.ts';
import { decodeBody, precheck, readCounter } from '../wire/decode.ts';
import type { AllowList } from './allow.ts';
import { freshUntil, isFresh } from './freshness.ts';
import { DigestWindow } from './replay-window.ts';

/**
 * Why something received was not delivered. The codec's reasons first, then:
 * - `self`: our own datagram, come back from the group;
 * - `duplicate`: its digest was seen before (the other copy of a multicast, or a replay);
 * - `stale`: its newest timestamp is further than `maxSkew` from now;
 * - `source`: signed, but from an address that `allow` does not name;
 * - `overload`: an entry for which a reader of `entries()` had no room.
 */
export type DropReason = DecodeReason | 'self' | 'duplicate' | 'stale' | 'source' | 'overload';

export interface Drop {
  readonly reason: DropReason;
  readonly source: Source;
  /** Bytes of the datagram. */
  readonly size: number;
  /** In words. */
  readonly detail: string;
}

/** A datagram that may be applied. */
export interface Accepted {
  readonly entries: readonly Entry[];
  readonly counter: number;
  readonly unknownTlvs: number;
  readonly newest: number;
  readonly keyIndex: number;
}

export interface InboundOptions {
  readonly key: SyncKey | Keyring;
  readonly maxSkew: number | false;
  readonly maxDigests: number;
  readonly allow: AllowList | undefined;
  /** Called when the bound on digests lets go of one that could still be replayed. */
  readonly onForgotten: () => void;
}

/** Our own datagrams come back at once or never, so few of their digests are enough. */
const MAX_SENT_DIGESTS = 16_384;

/**
 * The one way in: bytes, their source and the time go in; entries or one reason come out. No socket, no clock.
 * Only what passed every check leaves a trace here, so that forged datagrams cannot fill the memory against replay and
 * a copy from elsewhere cannot keep the real one out.
 */
export class Inbound {
  readonly #key: SyncKey | Keyring;
  readonly #options: InboundOptions;
  readonly #received: DigestWindow;
  readonly #sent = new DigestWindow(MAX_SENT_DIGESTS);

  constructor(options: InboundOptions) {
    this.#options = options;
    this.#key = options.key;
    this.#received = new DigestWindow(options.maxDigests, options.onForgotten);
  }

  accept(bytes: Buffer, source: Source, now: number): Accepted | Drop {
    const refused = precheck(bytes);
    if (refused !== undefined) return drop(refused.reason, refused.detail, bytes, source);
    const verified = verify(this.#key, bytes);
    if (verified === undefined) return drop('auth', 'the HMAC is of none of our keys', bytes, source);
    const body = decodeBody(bytes);
    if ('reason' in body) return drop(body.reason, body.detail, bytes, source);

    const { digest } = verified;
    const { maxSkew, allow } = this.#options;
    if (this.#sent.has(digest, now)) return drop('self', 'sent by this peer', bytes, source);
    if (this.#received.has(digest, now)) return drop('duplicate', 'seen before', bytes, source);
    if (!isFresh(body.newest, now, maxSkew)) {
      return drop('stale', `its newest timestamp is ${Math.round(body.newest - now)} s from now`, bytes, source);
    }
    if (allow !== undefined && !allow.has(source.address)) return drop('source', 'not in allow', bytes, source);
    this.#received.add(digest, freshUntil(body.newest, now, maxSkew), now);
    const { entries, unknownTlvs, newest } = body;
    return { entries, unknownTlvs, newest, counter: readCounter(bytes), keyIndex: verified.keyIndex };
  }

  /** Notes a datagram of our own, so that its echo is known. */
  noteSent(digest: string, newest: number, now: number): void {
    // Also an old entry's echo comes back now.
    this.#sent.add(digest, freshUntil(Math.max(newest, now), now, this.#options.maxSkew), now);
  }

  get digests(): { readonly held: number; readonly forgotten: number } {
    return { held: this.#received.size, forgotten: this.#received.forgotten };
  }
}

function verify(key: SyncKey | Keyring, bytes: Buffer): Verified | undefined {
  const found = key.verify(bytes);
  return typeof found === 'string' ? { digest: found, keyIndex: 0 } : found;
}

function drop(reason: DropReason, detail: string, bytes: Buffer, source: Source): Drop {
  return { reason, source, size: bytes.length, detail };
}
