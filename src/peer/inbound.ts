import type { SyncKey } from '../auth/key.ts';
import type { Keyring, Verified } from '../auth/keyring.ts';
import type { Entry, Source } from '../entry.ts';
import type { DecodeReason } from '../errors.ts';
import { decodeBody, readHeader } from '../wire/decode.ts';
import type { AllowList } from './allow.ts';
import { freshUntil, isFresh, ReplayWindow } from './replay-window.ts';
import type { SentDigests } from './sent-digests.ts';

/**
 * Why a received datagram or entry was not delivered. The codec's reasons first, then:
 * - `self`: our own datagram, which came back from the group to this host;
 * - `duplicate`: its digest was seen before (the other copy of a multicast, or a replay);
 * - `stale`: the newest timestamp is further than `maxSkew` from now, or there is no entry and so no timestamp;
 * - `source`: the datagram is authenticated, but from an address that `allow` does not name;
 * - `overload`: an entry for which a reader of `received()` had no room, or a datagram beyond the first 4096 that
 *   arrived before the peer was open.
 */
export type DropReason = DecodeReason | 'self' | 'duplicate' | 'stale' | 'source' | 'overload';

/** A received datagram or entry that was not delivered. */
export interface Drop {
  /** Why. */
  readonly reason: DropReason;
  /** Where it came from. */
  readonly source: Source;
  /** Bytes of the datagram; 0 for an entry for which a reader had no room. */
  readonly size: number;
  /** The reason in words. It holds no text from the datagram, only numbers. */
  readonly detail: string;
}

/** A datagram that may be applied. */
export interface Accepted {
  readonly entries: readonly Entry[];
  /** The addresses of the entries as numbers, in the same order; valid until the next datagram is accepted. */
  readonly addresses: Uint32Array;
  readonly counter: number;
  readonly unknownTlvs: number;
  /** The newest timestamp in it, Unix seconds; -1 if there is none. */
  readonly newest: number;
  readonly keyIndex: number;
}

export interface InboundOptions {
  readonly key: SyncKey | Keyring;
  readonly maxSkew: number | false;
  readonly maxDigests: number;
  readonly allow: AllowList | undefined;
  /** The digests of the datagrams that this peer sent. */
  readonly sent: SentDigests;
  /** Whether an address is one of this host. */
  readonly isLocal: (address: string) => boolean;
  /** Called when the replay window forgets a digest that could still be replayed. */
  readonly onForgotten: () => void;
}

/**
 * Every received datagram comes through here: bytes, their source and the time go in; entries or one reason come out.
 * It has no socket and no clock. Only a datagram that passed every check leaves a trace here. So forged datagrams
 * cannot fill the replay window, and a copy from an address that is not allowed cannot keep the real datagram out.
 */
export class Inbound {
  readonly #options: InboundOptions;
  readonly #window: ReplayWindow;

  constructor(options: InboundOptions) {
    this.#options = options;
    this.#window = new ReplayWindow(options.maxDigests, options.onForgotten);
  }

  accept(bytes: Buffer, source: Source, now: number): Accepted | Drop {
    const { key, maxSkew, allow } = this.#options;
    const header = readHeader(bytes);
    if ('reason' in header) return drop(header.reason, header.detail, bytes, source);
    const verified = verify(key, bytes);
    if (verified === undefined) return drop('auth', 'HMAC verification failed', bytes, source);
    const body = decodeBody(bytes);
    if ('reason' in body) return drop(body.reason, body.detail, bytes, source);

    const { digest, keyIndex } = verified;
    if (this.#isEcho(digest, source, now)) return drop('self', 'sent by this peer', bytes, source);
    if (this.#window.has(digest, now)) return drop('duplicate', 'seen before', bytes, source);
    if (!isFresh(body.newest, now, maxSkew)) {
      return drop('stale', staleness(body.newest, now), bytes, source);
    }
    if (allow !== undefined && !allow.has(source.address)) return drop('source', 'not in allow', bytes, source);
    this.#window.add(digest, freshUntil(body.newest, maxSkew), now);
    const { entries, addresses, unknownTlvs, newest } = body;
    return { entries, addresses, unknownTlvs, newest, counter: header.counter, keyIndex };
  }

  get digests(): { readonly held: number; readonly forgotten: number } {
    return { held: this.#window.size, forgotten: this.#window.forgotten };
  }

  /**
   * Whether a datagram is our own and came back from the group. The digest alone does not show that: two hosts that
   * announce the same entries in the same second with the same counter make the same bytes.
   */
  #isEcho(digest: string, { address }: Source, now: number): boolean {
    return this.#options.sent.has(digest, now) && this.#options.isLocal(address);
  }
}

function verify(key: SyncKey | Keyring, bytes: Buffer): Verified | undefined {
  const found = key.verify(bytes);
  return typeof found === 'string' ? { digest: found, keyIndex: 0 } : found;
}

function staleness(newest: number, now: number): string {
  return newest < 0
    ? 'it has no entry, and so no timestamp'
    : `its newest timestamp is ${Math.round(newest - now)} s from now`;
}

function drop(reason: DropReason, detail: string, bytes: Buffer, source: Source): Drop {
  return { reason, source, size: bytes.length, detail };
}
