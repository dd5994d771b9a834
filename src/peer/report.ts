import type { Entry } from '../entry.ts';
import type { SpamdSyncError } from '../errors.ts';
import type { SkipReason } from './dialect.ts';
import type { Dialect } from './options.ts';
import type { Outlet } from './outlet.ts';

/** What became of the entries of one call at one target. */
export interface TargetReport {
  /** The target as it was configured. */
  readonly target: string;
  /** Which receivers are there. */
  readonly dialect: Dialect;
  /** Entries that the system took for sending. UDP promises nothing beyond that. */
  readonly sent: number;
  /** Entries in datagrams that could not be sent. */
  readonly failed: number;
  /** Why the last of those could not be sent. */
  readonly error: SpamdSyncError | undefined;
}

/** An entry that a dialect's targets were not sent. */
export interface Skipped {
  /** The entry as it was given. */
  readonly entry: Entry;
  /** Whose targets were not sent it. */
  readonly dialect: Dialect;
  /** Why. */
  readonly why: SkipReason;
}

/** What became of the entries of one call. */
export interface SendReport {
  /** What became of them at each target. */
  readonly targets: readonly TargetReport[];
  /**
   * What was not sent on purpose, and why: sending it would harm the receiver, it has no form there, or there was no
   * room or time for it.
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

  /** How many entries are to be waited for. */
  expect(count: number): void {
    this.#left = count;
    if (count === 0) this.#finish();
  }

  /** One of the entries has been dealt with, at every target. */
  done(): void {
    if (--this.#left === 0) this.#finish();
  }

  /** A datagram went out; `submissions` has one place for each of its entries. */
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
