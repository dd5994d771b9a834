import { writeDigest } from '../auth/hmac.ts';
import type { SyncKey } from '../auth/key.ts';
import type { Keyring } from '../auth/keyring.ts';
import type { TimedClock } from '../clock.ts';
import type { DatagramWriter } from '../wire/encode.ts';
import { MAX_GAP } from './loss.ts';
import type { Dialect } from './options.ts';
import type { SentDigests } from './sent-digests.ts';

/** The time from which counters count, Unix seconds: 2026-01-01. */
const EPOCH = 1_767_225_600;
/**
 * If a process sends fewer datagrams a second than this, its counter ends below the one that its successor starts from.
 */
const COUNTS_PER_SECOND = 16;

/**
 * The counter that a process starts from. Some receivers (greyd-v2) keep one window over counters for each source
 * address and drop datagrams with a lower counter. So counters must rise from one process to the next too.
 *
 * @param now Unix seconds.
 */
export function counterAt(now: number): number {
  return ((Math.floor(now) - EPOCH) * COUNTS_PER_SECOND) >>> 0;
}

/**
 * Numbers and signs this peer's datagrams. All targets of a dialect share one counter, also if a datagram goes to only
 * one of them: live, in bulk, or as a seed to one.
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
   * A counter that lags far behind the clock catches up. Another process at this source address may have started from
   * the clock, and a receiver with one window then drops lower counters. The step is so large that no receiver of this
   * library takes it for a loss.
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
