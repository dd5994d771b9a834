import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Greylist } from 'spamd-sync';
import { LevelStore } from 'spamd-sync/level';
import { sweep as sweepStore } from 'spamd-sync/store';
import type { Part, Row } from './part.ts';
import { NOW, sampleAttempt, sampleTuple } from './stored.ts';
import { count } from './table.ts';

const AT_LEAST = 30_000;
const OPEN_WITHIN_MS = 2000;
/** Attempts at the same time, as of so many SMTP sessions. */
const SESSIONS = 64;

export const level: Part = {
  name: 'level',
  title: 'LevelStore, check() by 64 sessions at once, batched unless said',
  async run(quick) {
    const tuples = quick ? 100_000 : 1_000_000;
    const checks = quick ? 20_000 : 200_000;
    const directory = await mkdtemp(join(tmpdir(), 'spamd-sync-'));
    try {
      await fill(directory, tuples);
      const rows = await measure(directory, tuples, checks);
      return [...rows, await measureSync(directory, tuples, quick ? 2000 : 20_000)];
    } finally {
      await rm(directory, { recursive: true });
    }
  },
};

async function fill(directory: string, tuples: number): Promise<void> {
  const store = await LevelStore.open(directory);
  for (let i = 0; i < tuples; i += 1000) {
    await store.load(Array.from({ length: 1000 }, (_, j) => sampleTuple(i + j)));
  }
  await store.close();
}

async function measure(directory: string, tuples: number, checks: number): Promise<Row[]> {
  const begin = performance.now();
  const store = await LevelStore.open(directory);
  const opened = performance.now() - begin;
  const known = store.stats().tuples;

  const greylist = new Greylist({ store, clock: { now: () => NOW + 60 } });
  let counting = true;
  const counted = isCounted(store).finally(() => {
    counting = false;
  });
  const early = await rateOf(
    checks,
    (i) => check(greylist, (i * 7877) % tuples, 'too-soon'),
    () => counting,
  );
  await counted;
  const countedIn = performance.now() - begin;
  // Each another one, far from the one before: next to nothing is in memory.
  const seen = await rateOf(checks, (i) => check(greylist, (i * 7919) % tuples, 'too-soon'));
  const unseen = await rateOf(checks, (i) => check(greylist, tuples + i, 'first-sight'));
  for (let i = 0; i < 1000; i++) await greylist.allow(sampleAttempt(i).ip);
  const white = await rateOf(checks, (i) => check(greylist, i % 1000, 'white'));

  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const swept = performance.now();
  let sweeping = true;
  const sweep = sweepStore(store, NOW + 60, false).finally(() => {
    sweeping = false;
  });
  const meanwhile = await rateOf(
    checks * 10,
    (i) => check(greylist, (i * 7907) % tuples, undefined),
    () => sweeping,
  );
  await sweep;
  const sweptIn = performance.now() - swept;
  delay.disable();
  await greylist.close();
  await store.close();

  return [
    {
      what: `open with ${count(known)} tuples`,
      ours: `${count(opened)} ms`,
      against: `${count(OPEN_WITHIN_MS)} ms`,
      sound: opened < OPEN_WITHIN_MS && known === tuples,
    },
    { what: '  until its records are counted and verified', ours: `${count(countedIn)} ms` },
    { what: '  known tuples a second until then', ours: count(early) },
    rate('known tuples a second, not in memory', seen),
    rate('new tuples a second', unseen),
    rate('white addresses a second', white),
    { what: 'known tuples a second during a sweep', ours: count(meanwhile) },
    {
      what: 'a sweep of all; longest turn of the event loop',
      ours: `${count(sweptIn)} ms; ${(delay.max / 1e6).toFixed(0)} ms`,
    },
  ];
}

/** Resolves when a store has looked through its records after the opening: what lists them waits for that. */
async function isCounted(store: LevelStore): Promise<void> {
  for await (const _ of store.sweepCandidates(0)) return;
}

async function measureSync(directory: string, tuples: number, checks: number): Promise<Row> {
  const store = await LevelStore.open(directory, { durability: 'sync' });
  const greylist = new Greylist({ store, clock: { now: () => NOW + 60 } });
  await isCounted(store);
  const synced = await rateOf(checks, (i) => check(greylist, (i * 7901) % tuples, undefined));
  await greylist.close();
  await store.close();
  return { what: 'sync: known tuples a second, each on the disk when answered', ours: count(synced) };
}

/** How many a second, by so many sessions, until all are done or it is enough. */
async function rateOf(calls: number, call: (i: number) => Promise<void>, more = () => true): Promise<number> {
  let next = 0;
  const begin = performance.now();
  const session = async (): Promise<void> => {
    while (next < calls && more()) await call(next++);
  };
  await Promise.all(Array.from({ length: SESSIONS }, session));
  return (next / (performance.now() - begin)) * 1000;
}

async function check(greylist: Greylist, i: number, reason: string | undefined): Promise<void> {
  const verdict = await greylist.check(sampleAttempt(i));
  if (reason !== undefined && verdict.reason !== reason)
    throw new Error(`attempt ${i}: ${verdict.reason}, not ${reason}`);
}

function rate(what: string, ours: number): Row {
  return { what, ours: count(ours), against: count(AT_LEAST), sound: ours >= AT_LEAST };
}
