import { untilAborted } from '../abort.ts';
import { sleep, type TimedClock } from '../clock.ts';
import type { Entry } from '../entry.ts';
import type { SpamdSyncError } from '../errors.ts';
import { badOption, checkFunction, checkMembers, checkSignal, isStream } from '../validate.ts';
import { DatagramWriter } from '../wire/encode.ts';
import type { BulkRate } from './bulk-rate.ts';
import { checkedEntry } from './check.ts';
import { inDialect, type SkipReason } from './dialect.ts';
import { checkRate, type Dialect } from './options.ts';
import type { Outlet } from './outlet.ts';
import { MAX_LATE, Pacer } from './pacer.ts';
import { type Packable, Packer } from './packer.ts';
import type { TargetReport } from './report.ts';
import type { Signer } from './signer.ts';
import { noSkips } from './stats.ts';

/** How far a seed has got. */
export interface SeedProgress {
  /** Entries read so far. */
  readonly entries: number;
  /** Datagrams sent so far, each counted once however many targets it goes to. */
  readonly datagrams: number;
}

/** Options of `seed()`. */
export interface SeedOptions {
  /**
   * Datagrams a second, 0.01..10000, for this seed alone. Default: the rate of bulk sends, `batch.bulkRate`, which the
   * seed then shares with bulk sends and other seeds. A spamd that is sent too much while it scans its database locks
   * itself up for good, and the more WHITE it holds, the sooner. Give a higher rate only if every receiver is a greyd,
   * a host of this library, or a spamd whose pipe holds more than OpenBSD's 16 KiB.
   */
  readonly rate?: number | undefined;
  /** Stops the seed; the report shows how far it got. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each datagram. If it throws, the seed ends and rejects with that error. */
  readonly onProgress?: ((progress: SeedProgress) => void) | undefined;
  /** Only one target: one of the peer's own by name, or any host by name or address. Default: the whole group. */
  readonly to?: string | undefined;
}

/** What became of a seed. */
export interface SeedReport extends SeedProgress {
  /** What became of the entries at each target. */
  readonly targets: readonly TargetReport[];
  /** Entries that were not sent, by reason, counted for each dialect; removals are not part of a seed. */
  readonly skipped: Readonly<Record<SkipReason, number>>;
  /** Whether the seed ended early, by the signal or because the peer was closed. */
  readonly aborted: boolean;
}

/** What all seeds of a peer share. */
export interface SeederOptions {
  readonly clock: TimedClock;
  readonly signer: Signer;
  /** The pacer of bulk sends, for seeds without a rate of their own. */
  readonly pacer: Pacer;
  readonly bulkRate: BulkRate;
}

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a value that is not a list of entries, and for invalid options. */
export function checkSeed(entries: Iterable<Entry> | AsyncIterable<Entry>, options: SeedOptions): void {
  if (!isStream(entries)) throw badOption('entries', 'not a list of entries', entries);
  checkMembers('options', options, { rate: true, signal: true, onProgress: true, to: true });
  checkRate('rate', options.rate);
  checkSignal(options.signal);
  checkFunction('onProgress', options.onProgress);
  if (options.to !== undefined && typeof options.to !== 'string') throw badOption('to', 'not a name', options.to);
}

/** Entries on their way to one dialect's targets. */
interface Lane {
  readonly dialect: Dialect;
  readonly outlets: readonly Outlet[];
  /** Measures which entries fill a datagram; the bytes that it writes are not used. */
  readonly packer: Packer<Packable>;
}

/** Sends many entries in full datagrams, evenly, so that no receiver's buffer overflows. For one use. */
export class Seeder {
  readonly #lanes: readonly Lane[];
  readonly #outlets: readonly Outlet[];
  readonly #shared: SeederOptions;
  readonly #pacer: Pacer;
  readonly #signal: AbortSignal;
  readonly #onProgress: ((progress: SeedProgress) => void) | undefined;
  readonly #skipped = noSkips();
  readonly #tallies: Map<Outlet, { sent: number; failed: number; error: SpamdSyncError | undefined }>;
  readonly #writer = new DatagramWriter();
  readonly #full: { sharing: readonly Packable[]; lane: Lane }[] = [];
  #entries = 0;
  #datagrams = 0;

  /** @param signal Ends the seed: the caller's signal, or the peer's when it closes. */
  constructor(outlets: readonly Outlet[], shared: SeederOptions, signal: AbortSignal, options: SeedOptions) {
    const { rate, onProgress } = options;
    this.#shared = shared;
    this.#pacer = rate === undefined ? shared.pacer : new Pacer(() => rate);
    this.#signal = signal;
    this.#onProgress = onProgress;
    this.#outlets = outlets;
    this.#tallies = new Map(outlets.map((outlet) => [outlet, { sent: 0, failed: 0, error: undefined }]));
    const dialects = [...new Set(outlets.map(({ target }) => target.dialect))];
    this.#lanes = dialects.map((dialect) => {
      const lane: Lane = {
        dialect,
        outlets: outlets.filter(({ target }) => target.dialect === dialect),
        packer: new Packer(new DatagramWriter(), this.#now, (sharing) => this.#full.push({ sharing, lane })),
      };
      return lane;
    });
  }

  async run(entries: Iterable<Entry> | AsyncIterable<Entry>): Promise<SeedReport> {
    try {
      for await (const entry of untilAborted(entries, this.#signal)) {
        const { address } = checkedEntry(entry, this.#entries++);
        if (entry.type === 'white') this.#shared.bulkRate.noteWhite(address, this.#shared.clock.now());
        for (const lane of this.#lanes) this.#add(entry, address, lane);
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

  #add(entry: Entry, address: number, { dialect, packer }: Lane): void {
    const isRemoval = entry.type === 'remove-white' || entry.type === 'remove-trapped';
    const form = isRemoval ? 'removal' : inDialect(entry, address, dialect);
    if (typeof form === 'string') this.#skipped[form]++;
    else if (!packer.add({ entry: form, address, backdated: true })) this.#skipped['too-long']++;
  }

  async #sendFull(): Promise<void> {
    for (const { sharing, lane } of this.#full.splice(0)) {
      await this.#pace();
      if (this.#signal.aborted) return;
      for (const { bytes, together } of this.#pack(sharing, lane.dialect)) {
        await Promise.all(lane.outlets.map((outlet) => this.#sendTo(outlet, bytes, together)));
        this.#datagrams++;
        this.#onProgress?.({ entries: this.#entries, datagrams: this.#datagrams });
      }
    }
  }

  /**
   * Packs datagrams just before they go, since the freshness marker bears the time of sending, and counters must go out
   * in order.
   */
  #pack(sharing: readonly Packable[], dialect: Dialect): { bytes: Buffer; together: readonly Packable[] }[] {
    const packed: { bytes: Buffer; together: readonly Packable[] }[] = [];
    const packer = new Packer<Packable>(this.#writer, this.#now, (together, newest) => {
      packed.push({ bytes: this.#shared.signer.sign(this.#writer, dialect, newest), together });
    });
    for (const item of sharing) packer.add(item);
    packer.finish();
    return packed;
  }

  readonly #now = (): number => Math.floor(this.#shared.clock.now());

  async #sendTo(outlet: Outlet, bytes: Buffer, sharing: readonly Packable[]): Promise<void> {
    const error = await outlet.send(bytes, sharing);
    const tally = this.#tallies.get(outlet);
    if (tally === undefined) return;
    if (error === undefined) tally.sent += sharing.length;
    else {
      tally.failed += sharing.length;
      tally.error = error;
    }
  }

  /**
   * Waits for the next place. If a slow source or a late timer causes a delay of more than {@link MAX_LATE}, that is
   * not made up for: a burst would follow, which a seed must avoid.
   */
  async #pace(): Promise<void> {
    const { clock } = this.#shared;
    for (let wait = this.#pacer.reserve(clock.monotonic()); wait > 0; ) {
      const due = clock.monotonic() + wait;
      await sleep(clock, wait, this.#signal);
      if (this.#signal.aborted) return;
      wait = clock.monotonic() - due > MAX_LATE ? this.#pacer.reserve(clock.monotonic()) : 0;
    }
  }
}
