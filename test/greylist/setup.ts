/** A greylist by a clock that the test sets, in a group that is only a list of what was announced to it. */
import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import {
  type AnnounceOptions,
  type Attempt,
  type Entry,
  Greylist,
  type GreylistOptions,
  type GreylistWarning,
  type Group,
  MemoryStore,
  type PolicyOptions,
  type Source,
  type SpamdbRecord,
  type Store,
} from 'spamd-sync';
import { onTestFinished } from 'vitest';

export const START = 1_800_000_000;
export const MINUTE = 60;
export const HOUR = 3600;
export const DAY = 86_400;
export const PASSTIME = 25 * MINUTE;
export const GREYEXP = 4 * HOUR;
export const WHITEEXP = 36 * DAY;
export const TRAPEXP = 24 * HOUR;
/** A renewed white address is announced again at most so often. */
export const RENEWAL = WHITEEXP / 10;

export const SOURCE: Source = { address: '192.0.2.200', port: 8025 };

export const ATTEMPT: Attempt = {
  ip: '198.51.100.7',
  helo: 'mail.example.org',
  from: '<alice@example.org>',
  to: '<bob@example.net>',
};

/** One call of `announce`. */
export interface Announced {
  readonly entries: readonly Entry[];
  readonly options: AnnounceOptions | undefined;
}

/** A group of which the test sees what is announced, and which receives what the test gives. */
export class ListGroup extends EventEmitter<{ entry: [entry: Entry, source: Source] }> implements Group {
  announced: Announced[] = [];
  /** What the next announcements are refused with. */
  refuse: Error | undefined;

  async announce(entries: Iterable<Entry>, options?: AnnounceOptions): Promise<void> {
    this.announced.push({ entries: [...entries], options });
    if (this.refuse !== undefined) throw this.refuse;
  }

  /** Everything announced since the last call. */
  drain(): Entry[] {
    const entries = this.announced.flatMap((each) => each.entries);
    this.announced = [];
    return entries;
  }

  /** As if another host announced this; resolves when it is applied. */
  async receive(...entries: Entry[]): Promise<void> {
    for (const entry of entries) this.emit('entry', entry, SOURCE);
    await turn();
  }
}

export interface Setup {
  readonly greylist: Greylist;
  readonly group: ListGroup;
  readonly store: MemoryStore;
  readonly clock: { time: number };
  readonly warnings: GreylistWarning[];
}

export function setUp(policy: PolicyOptions = {}, options: Omit<GreylistOptions, 'policy'> = {}): Setup {
  const group = new ListGroup();
  const store = new MemoryStore({ maxTuples: 1000, maxAddresses: 4000 });
  const clock = { time: START };
  const greylist = new Greylist({ group, store, clock: { now: () => clock.time }, policy, ...options });
  const warnings: GreylistWarning[] = [];
  greylist.on('warning', (warning) => warnings.push(warning));
  onTestFinished(() => greylist.close());
  return { greylist, group, store, clock, warnings };
}

/** A memory store of which some operations do something else. */
export function storeWith(operations: Partial<Store>): Store {
  const inner = new MemoryStore({ maxTuples: 100, maxAddresses: 100 });
  const whole: Store = {
    update: (step, now) => inner.update(step, now),
    spamtraps: inner.spamtraps,
    records: () => inner.records(),
    load: (records) => inner.load(records),
    tuplesOf: (ip) => inner.tuplesOf(ip),
    sweepCandidates: (now) => inner.sweepCandidates(now),
    stats: () => inner.stats(),
    close: () => inner.close(),
  };
  return { ...whole, ...operations };
}

/** What the greylist exports: as spamdb(8) would list it. */
export async function listed(greylist: Greylist): Promise<SpamdbRecord[]> {
  const records: SpamdbRecord[] = [];
  for await (const record of greylist.export()) records.push(record);
  return records;
}

/** The same without the tuples, which stay when their address has become white. */
export async function addresses(greylist: Greylist): Promise<SpamdbRecord[]> {
  return (await listed(greylist)).filter(({ type }) => type !== 'GREY');
}

export { turn };
