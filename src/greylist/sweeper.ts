import { every, type TimedClock, type Timer } from '../clock.ts';
import type { Group } from '../entry.ts';
import type { Store } from '../store/store.ts';
import { sweep } from '../store/sweep.ts';
import type { Announcements } from './announcements.ts';
import type { SweepReport } from './options.ts';
import type { GreylistCounters } from './stats.ts';

export interface SweeperOptions {
  readonly store: Store;
  readonly group: Group | undefined;
  readonly announcements: Announcements;
  readonly counters: GreylistCounters;
  readonly clock: TimedClock;
  /** How often it sweeps by itself, seconds. */
  readonly interval: number;
  /** Whether only a white claim of this host ends a trap, by the policy in use. */
  readonly trapWins: () => boolean;
  /** Called when a sweep by itself failed. */
  readonly onFailed: (error: unknown) => void;
}

/** Sweeps the store at every interval, one sweep at a time, without keeping the process alive. */
export class Sweeper {
  readonly #o: SweeperOptions;
  readonly #timer: Timer;
  #running: Promise<void> | undefined;

  constructor(options: SweeperOptions) {
    this.#o = options;
    this.#timer = every(options.clock, options.interval, () => {
      // If a sweep takes longer than the interval, no second sweep starts beside it.
      this.#running ??= this.#sweepQuietly().finally(() => {
        this.#running = undefined;
      });
    });
  }

  /** Removes expired records and announces again what is due. Rejects as `Greylist.sweep` does. */
  async sweep(): Promise<SweepReport> {
    const { store, group, announcements, counters, clock, trapWins } = this.#o;
    const wins = trapWins();
    // Before anything is announced again: the more white addresses the group holds, the slower the peer must announce.
    if (group?.noteWhites !== undefined) group.noteWhites((await store.stats()).addresses);
    const { room } = announcements;
    const { removed, due, failure } = await sweep(store, Math.floor(clock.now()), wins, room);
    const entries = due.map(({ type, ip, at, expires }) => ({ type, ip, timestamp: at, expires }));
    const repaired = announcements.announceAgain(entries);
    counters.swept += removed;
    counters.repaired += repaired;
    if (failure !== undefined) throw failure.error;
    return { removed, repaired };
  }

  /** Stops the timer. Resolves when no sweep is in progress any more. */
  async stop(): Promise<void> {
    this.#timer.cancel();
    await this.#running;
  }

  async #sweepQuietly(): Promise<void> {
    try {
      await this.sweep();
    } catch (error) {
      this.#o.onFailed(error);
    }
  }
}
