import type { Entry } from '../entry.ts';
import type { SpamdSyncError } from '../errors.ts';
import type { SkipReason } from './dialect.ts';
import type { Dialect } from './options.ts';
import type { Outlet } from './outlet.ts';

/** What became of the entries of one call at one target. */
export interface TargetReport {
  /** The target as it was configured. */
  readonly target: string;
  /** Which kind of receivers the target has. */
  readonly dialect: Dialect;
  /** Entries that the system took for sending. UDP promises nothing beyond that. */
  readonly sent: number;
  /** Entries in datagrams that could not be sent. */
  readonly failed: number;
  /** Why the last of those datagrams could not be sent. */
  readonly error: SpamdSyncError | undefined;
}

/** An entry that was not sent to the targets of a dialect. */
export interface Skipped {
  /** The entry as it was given. */
  readonly entry: Entry;
  /** The dialect of those targets. */
  readonly dialect: Dialect;
  /** Why. */
  readonly why: SkipReason;
}

/** What became of the entries of one call. */
export interface SendReport {
  /** What became of the entries at each target. */
  readonly targets: readonly TargetReport[];
  /**
   * The entries that were not sent on purpose, and why: the entry would harm the receiver, the receiver's dialect has
   * no form for it, or there was no room or time for it.
   */
  readonly skipped: readonly Skipped[];
}

interface Tally {
  sent: number;
  failed: number;
  error: SpamdSyncError | undefined;
}

/** The entries of one call on their way; they may share datagrams with those of other calls. */
export class Submission {
  readonly report: Promise<SendReport>;
  readonly skipped: Skipped[] = [];
  readonly #tallies: ReadonlyMap<Outlet, Tally>;
  #resolve!: (report: SendReport) => void;
  #left = 0;

  constructor(outlets: readonly Outlet[]) {
    this.#tallies = new Map(outlets.map((outlet) => [outlet, { sent: 0, failed: 0, error: undefined }]));
    this.report = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Sets how many entries are to be waited for. */
  expect(count: number): void {
    this.#left = count;
    if (count === 0) this.#finish();
  }

  /** One of the entries has been dealt with, at every target. */
  done(): void {
    if (--this.#left === 0) this.#finish();
  }

  /** Counts a datagram that was sent; `submissions` has one place for each of its entries. */
  static sent(submissions: readonly Submission[], outlet: Outlet): void {
    for (const submission of submissions) submission.#tally(outlet).sent++;
  }

  static failed(submissions: readonly Submission[], outlet: Outlet, error: SpamdSyncError): void {
    for (const submission of submissions) {
      const tally = submission.#tally(outlet);
      tally.failed++;
      tally.error = error;
    }
  }

  #tally(outlet: Outlet): Tally {
    return this.#tallies.get(outlet) as Tally;
  }

  #finish(): void {
    const targets = [...this.#tallies].map(([{ target }, tally]) => ({
      target: target.name,
      dialect: target.dialect,
      ...tally,
    }));
    this.#resolve({ targets, skipped: this.skipped });
  }
}
