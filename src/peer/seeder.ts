import { setTimeout as sleep } from 'node:timers/promises';
import { untilAborted } from '../abort.ts';
import type { Clock } from '../clock.ts';
import type { Entry } from '../entry.ts';
import type { SpamdSyncError } from '../errors.ts';
import { DatagramWriter } from '../wire/encode.ts';
import { checkEntry } from './check.ts';
import { inDialect, type SkipReason } from './dialect.ts';
import { checkedRate, type Dialect } from './options.ts';
import type { Outlet } from './outlet.ts';
import { Packer } from './packer.ts';
import type { TargetReport } from './report.ts';
import type { Audience, Signer } from './signer.ts';
import { noSkips } from './stats.ts';

export interface SeedProgress {
  /** Entries read so far. */
  readonly entries: number;
  /** Datagrams sent so far, each counted once however many targets it goes to. */
  readonly datagrams: number;
}

export interface SeedOptions {
  /**
   * Datagrams a second, 1..10000. Default 4, 340 addresses a second. Not for the sake of the receive buffer alone: a
   * spamd whose scan falls into a seed of 10 a second or more was seen to lock itself up between its three processes.
   */
  readonly rate?: number;
  /** Stops the seed; the report says how far it got. */
  readonly signal?: AbortSignal;
  /** Called after each datagram. */
  readonly onProgress?: (progress: SeedProgress) => void;
  /** One target alone: one of the peer's own by name, or any host's name or address. Default: the whole group. */
  readonly to?: string;
}

export interface SeedReport extends SeedProgress {
  readonly targets: readonly TargetReport[];
  /** Entries that were not sent, by reason, counted for each dialect; removals are not part of a seed. */
  readonly skipped: Readonly<Record<SkipReason, number>>;
  /** Whether the signal, or closing the peer, ended it early. */
  readonly aborted: boolean;
}

interface Addressed {
  readonly entry: Entry;
  readonly backdated: boolean;
}

/** Entries on their way to one dialect's targets. */
interface Lane {
  readonly dialect: Dialect;
  readonly outlets: readonly Outlet[];
  readonly packer: Packer<Addressed>;
}

/** What a coarse timer or a busy process was late by is made up for up to this, milliseconds. */
const MOST_LATE_MS = 100;

/** Sends many entries in full datagrams, evenly, so that no receiver's buffer overflows. One use. */
export class Seeder {
  readonly #lanes: readonly Lane[];
  readonly #outlets: readonly Outlet[];
  readonly #rate: number;
  readonly #signal: AbortSignal;
  readonly #onProgress: ((progress: SeedProgress) => void) | undefined;
  readonly #skipped = noSkips();
  readonly #tallies: Map<Outlet, { sent: number; failed: number; error: SpamdSyncError | undefined }>;
  readonly #full: { bytes: Buffer; entries: number; lane: Lane }[] = [];
  /** When the next datagram may go, by the monotonic clock, milliseconds. */
  #due = performance.now();
  #entries = 0;
  #datagrams = 0;

  /**
   * @param signal Ends it: the caller's, or that the peer closes.
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a rate out of its range.
   */
  constructor(outlets: readonly Outlet[], signer: Signer, clock: Clock, signal: AbortSignal, options: SeedOptions) {
    const { rate, to, onProgress } = options;
    this.#rate = checkedRate('rate', rate);
    this.#signal = signal;
    this.#onProgress = onProgress;
    this.#outlets = outlets;
    this.#tallies = new Map(outlets.map((outlet) => [outlet, { sent: 0, failed: 0, error: undefined }]));
    const dialects = [...new Set(outlets.map(({ target }) => target.dialect))];
    this.#lanes = dialects.map((dialect) => {
      const writer = new DatagramWriter();
      const audience: Audience = to === undefined ? dialect : 'one';
      const lane: Lane = {
        dialect,
        outlets: outlets.filter(({ target }) => target.dialect === dialect),
        packer: new Packer(writer, Math.floor(clock.now()), (sharing, newest) => {
          this.#full.push({ bytes: signer.sign(writer, audience, newest), entries: sharing.length, lane });
        }),
      };
      return lane;
    });
  }

  async run(entries: Iterable<Entry> | AsyncIterable<Entry>): Promise<SeedReport> {
    try {
      for await (const entry of untilAborted(entries, this.#signal)) {
        checkEntry(entry, this.#entries++);
        for (const lane of this.#lanes) this.#add(entry, lane);
        await this.#sendFull();
      }
      for (const { packer } of this.#lanes) packer.finish();
      await this.#sendFull();
    } catch (error) {
      if (!this.#signal.aborted || error !== this.#signal.reason) throw error;
    }
    const targets = this.#outlets.map((outlet) => {
      const tally = this.#tallies.get(outlet) ?? { sent: 0, failed: 0, error: undefined };
      return { target: outlet.target.name, dialect: outlet.target.dialect, ...tally };
    });
    const { aborted } = this.#signal;
    return { entries: this.#entries, datagrams: this.#datagrams, targets, skipped: { ...this.#skipped }, aborted };
  }

  #add(entry: Entry, { dialect, packer }: Lane): void {
    const isRemoval = entry.type === 'remove-white' || entry.type === 'remove-trapped';
    const form = isRemoval ? 'removal' : inDialect(entry, dialect);
    if (typeof form === 'string') this.#skipped[form]++;
    else if (!packer.add({ entry: form, backdated: true })) this.#skipped['too-long']++;
  }

  async #sendFull(): Promise<void> {
    for (const { bytes, entries, lane } of this.#full.splice(0)) {
      await this.#pace();
      if (this.#signal.aborted) return;
      await Promise.all(lane.outlets.map((outlet) => this.#sendTo(outlet, bytes, entries)));
      this.#datagrams++;
      this.#onProgress?.({ entries: this.#entries, datagrams: this.#datagrams });
    }
  }

  async #sendTo(outlet: Outlet, bytes: Buffer, entries: number): Promise<void> {
    const error = await outlet.send(bytes, entries);
    const tally = this.#tallies.get(outlet);
    if (tally === undefined) return;
    if (error === undefined) tally.sent += entries;
    else {
      tally.failed += entries;
      tally.error = error;
    }
  }

  /**
   * Waits for the next datagram's time. Timers are coarse: what is due within a millisecond goes at once. What a source
   * was late with is not made up for: that would be the very burst that a seed is to avoid.
   */
  async #pace(): Promise<void> {
    const now = performance.now();
    const due = Math.max(this.#due, now - MOST_LATE_MS);
    this.#due = due + 1000 / this.#rate;
    if (due - now >= 1) await sleep(due - now, undefined, { signal: this.#signal }).catch(() => {});
  }
}
