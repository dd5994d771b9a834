import { writeDigest } from '../auth/hmac.ts';
import type { SyncKey } from '../auth/key.ts';
import type { Keyring } from '../auth/keyring.ts';
import type { TimedClock } from '../clock.ts';
import type { DatagramWriter } from '../wire/encode.ts';
import { MAX_GAP } from './loss.ts';
import type { Dialect } from './options.ts';
import type { SentDigests } from './sent-digests.ts';

/** From when on counters are reckoned, Unix seconds: 2026-01-01. */
const EPOCH = 1_767_225_600;
/** A process that sends fewer datagrams a second than this ends below where its successor starts. */
const COUNTS_PER_SECOND = 16;

/**
 * The counter that a process starts from. Some receivers (greyd-v2) keep one window over counters for each source
 * address and drop what is lower, so they must rise from one process to the next too.
 *
 * @param now Unix seconds.
 */
export function counterAt(now: number): number {
  return ((Math.floor(now) - EPOCH) * COUNTS_PER_SECOND) >>> 0;
}

/**
 * Numbers and signs this peer's datagrams. The targets of a dialect share a counter, whatever is sent to which of them:
 * live, in bulk, or a seed to one.
 */
export class Signer {
  readonly #key: SyncKey | Keyring;
  readonly #sent: SentDigests;
  readonly #clock: TimedClock;
  readonly #next = new Map<Dialect, number>();

  /** @param sent Is given each digest before its datagram is sent. */
  constructor(key: SyncKey | Keyring, sent: SentDigests, clock: TimedClock) {
    this.#key = key;
    this.#sent = sent;
    this.#clock = clock;
  }

  /** The datagram that the writer holds, ready to be sent. */
  sign(writer: DatagramWriter, dialect: Dialect, newest: number): Buffer {
    const now = this.#clock.now();
    const bytes = writer.finish(this.#takeCounter(dialect, now));
    const digest = this.#key.digest(bytes);
    writeDigest(bytes, digest);
    this.#sent.add(digest, newest, now);
    return bytes;
  }

  /**
   * One that lags far behind the clock catches up: another process at this source address may have started from there,
   * and a receiver with one window then drops what is lower. The step is one that no receiver of ours takes for a loss.
   */
  #takeCounter(dialect: Dialect, now: number): number {
    const current = counterAt(now);
    const next = this.#next.get(dialect) ?? current;
    const lag = (current - next) >>> 0;
    const counter = lag > MAX_GAP && lag < 0x8000_0000 ? current : next;
    this.#next.set(dialect, (counter + 1) >>> 0);
    return counter;
  }
}
