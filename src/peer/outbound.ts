import type { TimedClock, Timer } from '../clock.ts';
import type { Entry } from '../entry.ts';
import { DatagramWriter } from '../wire/encode.ts';
import { Backlog } from './backlog.ts';
import type { BulkRate } from './bulk-rate.ts';
import type { CheckedEntry } from './check.ts';
import { inDialect, type SkipReason } from './dialect.ts';
import type { Dialect } from './options.ts';
import type { Outlet } from './outlet.ts';
import type { Pacer } from './pacer.ts';
import { Packer } from './packer.ts';
import { type SendReport, Submission } from './report.ts';
import { inRounds } from './rounds.ts';
import type { Signer } from './signer.ts';
import type { Counters } from './stats.ts';

export interface OutboundOptions {
  readonly clock: TimedClock;
  readonly lingerMs: number;
  readonly maxQueued: number;
  readonly bulkRate: BulkRate;
  readonly pacer: Pacer;
  readonly counters: Counters;
  readonly outlets: readonly Outlet[];
  readonly signer: Signer;
}

/** An entry on its way, and the call that asked for it. */
interface Item extends CheckedEntry {
  readonly submission: Submission;
  readonly backdated: boolean;
}

interface Packed {
  readonly bytes: Buffer;
  readonly sharing: readonly Item[];
  readonly submissions: readonly Submission[];
}

/**
 * Every announcement goes out through here. Entries are queued, and those of a bulk send are paced. They are sanitised
 * for each dialect, packed into datagrams of up to 1408 bytes and signed once. The same bytes go to every target of the
 * dialect. A target that fails does not hold back the others.
 */
export class Outbound {
  readonly #options: OutboundOptions;
  readonly #dialects: readonly Dialect[];
  readonly #writer = new DatagramWriter();
  readonly #backlog: Backlog<Item>;
  #queue: Item[] = [];
  #pending = 0;
  #scheduled: (() => void) | undefined;
  readonly #flushes = new Set<Promise<void>>();

  constructor(options: OutboundOptions) {
    this.#options = options;
    this.#dialects = [...new Set(options.outlets.map(({ target }) => target.dialect))];
    this.#backlog = new Backlog({
      ...options,
      onDue: (items) => {
        this.#enqueue(items.map((item) => ({ ...item, backdated: true })));
        // The piece goes at once: if pieces lingered, they would gather to a burst.
        this.#scheduled?.();
      },
    });
  }

  /** How many entries are waiting or on their way. */
  get pending(): number {
    return this.#pending;
  }

  submit(entries: readonly CheckedEntry[], backdated = false): Promise<SendReport> {
    const { maxQueued, outlets } = this.#options;
    const submission = new Submission(outlets);
    const room = Math.max(0, maxQueued - this.#pending);
    for (const { entry } of entries.slice(room)) {
      for (const dialect of this.#dialects) this.#skip(submission, entry, dialect, 'overload');
    }
    // The members are written out: spreading each entry costs more than everything else that is done with it.
    const items = entries.slice(0, room).map(({ entry, address }) => ({ entry, address, submission, backdated }));
    this.#pending += items.length;
    submission.expect(items.length);
    // Without targets there is no receiver that the rate must protect.
    this.#enqueue(this.#dialects.length === 0 ? items : this.#backlog.admit(items));
    return submission.report;
  }

  /** Sends the queued entries, skips those that the backlog holds back, and resolves when all sends are done. */
  async close(): Promise<void> {
    const heldBack = this.#backlog.clear();
    for (const { entry, submission } of heldBack) {
      for (const dialect of this.#dialects) this.#skip(submission, entry, dialect, 'closed');
    }
    this.#done(heldBack);
    this.#scheduled?.();
    await Promise.all(this.#flushes);
  }

  #enqueue(items: readonly Item[]): void {
    for (const item of items) this.#queue.push(item);
    if (items.length > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled !== undefined) return;
    const timer = this.#afterLingering(() => this.#scheduled?.());
    this.#scheduled = () => {
      this.#scheduled = undefined;
      timer.cancel();
      const items = this.#queue;
      this.#queue = [];
      const flushed = this.#send(items).finally(() => this.#flushes.delete(flushed));
      this.#flushes.add(flushed);
    };
  }

  #afterLingering(task: () => void): Timer {
    const { clock, lingerMs } = this.#options;
    return lingerMs === 0 ? clock.endOfTurn(task) : clock.setTimer(lingerMs / 1000, task);
  }

  async #send(items: readonly Item[]): Promise<void> {
    this.#noteWhites(items);
    const sends: Promise<void>[] = [];
    for (const dialect of this.#dialects) {
      const outlets = this.#options.outlets.filter(({ target }) => target.dialect === dialect);
      for (const packed of this.#pack(items, dialect)) {
        for (const outlet of outlets) sends.push(this.#sendTo(outlet, packed));
      }
    }
    await Promise.all(sends);
    this.#done(items);
  }

  #noteWhites(items: readonly Item[]): void {
    const { clock, bulkRate } = this.#options;
    const now = clock.now();
    for (const { entry, address } of items) if (entry.type === 'white') bulkRate.noteWhite(address, now);
  }

  #done(items: readonly Item[]): void {
    this.#pending -= items.length;
    for (const { submission } of items) submission.done();
  }

  async #sendTo(outlet: Outlet, { bytes, sharing, submissions }: Packed): Promise<void> {
    const error = await outlet.send(bytes, sharing);
    if (error === undefined) Submission.sent(submissions, outlet);
    else Submission.failed(submissions, outlet, error);
  }

  /** The datagrams that carry `items` in a dialect, signed. */
  #pack(items: readonly Item[], dialect: Dialect): Packed[] {
    const sanitised: Item[] = [];
    for (const item of items) {
      const form = inDialect(item.entry, item.address, dialect);
      if (typeof form === 'string') this.#skip(item.submission, item.entry, dialect, form);
      else sanitised.push(form === item.entry ? item : { ...item, entry: form });
    }
    const packed: Packed[] = [];
    const { clock, signer } = this.#options;
    const now = Math.floor(clock.now());
    const packer = new Packer<Item>(
      this.#writer,
      () => now,
      (sharing, newest) => {
        const bytes = signer.sign(this.#writer, dialect, newest);
        packed.push({ bytes, sharing, submissions: sharing.map(({ submission }) => submission) });
      },
    );
    for (const round of inRounds(sanitised)) {
      for (const item of round) {
        if (!packer.add(item)) this.#skip(item.submission, item.entry, dialect, 'too-long');
      }
      packer.finish();
    }
    return packed;
  }

  #skip(submission: Submission, entry: Entry, dialect: Dialect, why: SkipReason): void {
    this.#options.counters.skipped[why]++;
    submission.skipped.push({ entry, dialect, why });
  }
}
