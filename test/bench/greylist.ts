import { strictEqual } from 'node:assert/strict';
import { LRUCache } from 'lru-cache';
import { type Attempt, Greylist, MemoryStore } from 'spamd-sync';
import { Child } from './child.ts';
import type { KeeperCalls } from './keeper.ts';
import type { Part, Row } from './part.ts';
import { NOW, sampleAttempt } from './stored.ts';
import { count, megabytes, nanoseconds } from './table.ts';
import { type Comparison, compare } from './timing.ts';

/** What a million tuples may take, resident. */
const BOUND = 450e6;

export const greylist: Part = {
  name: 'greylist',
  title: 'Greylist in memory; check of known tuples against a bare lru-cache',
  run: async (quick) => [...(await rates(quick)), ...(await memory(quick)), ...(await flood(quick))],
};

/** Attempts that are known already, awaited one after the other; the cache only counts them. */
async function rates(quick: boolean): Promise<Row[]> {
  const tuples = 100_000;
  const clock = { time: NOW };
  const store = new MemoryStore({ maxTuples: tuples, maxAddresses: 2 * tuples });
  await using greylist = new Greylist({ store, clock: { now: () => clock.time } });
  const attempts = Array.from({ length: tuples }, (_, i) => sampleAttempt(i));
  const cache = new LRUCache<string, { blocked: number }>({ max: tuples });
  const keys = attempts.map(keyOf);
  for (const key of keys) cache.set(key, { blocked: 1 });
  for (const attempt of attempts) await greylist.check(attempt);

  const check = async (from: number, to: number) => {
    for (let i = from; i < to; i++) await greylist.check(attempts[i] as Attempt);
  };
  const getAndSet = (key: string) => {
    const known = cache.get(key);
    if (known === undefined) throw new Error('an entry is gone');
    known.blocked++;
    cache.set(key, known);
  };
  const joined = async (from: number, to: number) => {
    for (let i = from; i < to; i++) getAndSet(keyOf(attempts[i] as Attempt));
  };
  const ready = async (from: number, to: number) => {
    for (let i = from; i < to; i++) getAndSet(keys[i] as string);
  };

  const lowered = async (from: number, to: number) => {
    for (let i = from; i < to; i++) getAndSet(keyOf(attempts[i] as Attempt).toLowerCase());
  };

  const rounds = quick ? 9 : 31;
  const early = await inTurns(check, joined, tuples, rounds);
  const earlyReady = await inTurns(check, ready, tuples, rounds);
  const least = await inTurns(lowered, ready, tuples, rounds);
  clock.time += 2000;
  await check(0, tuples);
  const white = await inTurns(check, joined, tuples, rounds);
  const { verdicts } = await greylist.stats();
  strictEqual(verdicts['first-sight'] + verdicts.retry, 2 * tuples);
  strictEqual(verdicts.white % 1000, 0);
  return [
    { ...row('check of a known tuple; key joined, get, set', early), atLeast: 0.5 },
    { ...row('  the same; get, set with the key at hand', earlyReady), atLeast: 0.5 },
    row('  key joined and in lower case, get, set, no more; with the key at hand', least),
    { ...row('check of a white address; key joined, get, set', white), atLeast: 0.5 },
  ];
}

/** The least that one has to do to find an attempt again. */
function keyOf({ ip, helo, from, to }: Attempt): string {
  return `${ip}\0${helo}\0${from}\0${to}`;
}

type Turn = (from: number, to: number) => Promise<void>;

/** Times two in turns of 20,000, each round somewhere else; nanoseconds for each. */
async function inTurns(ours: Turn, other: Turn, length: number, rounds: number): Promise<Comparison> {
  const size = 20_000;
  const times: [number[], number[]] = [[], []];
  for (let round = -4; round < rounds; round++) {
    const from = ((round + 4) * size) % length;
    for (const which of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const begin = performance.now();
      await (which === 0 ? ours : other)(from, from + size);
      // The first rounds warm up.
      if (round >= 0) times[which].push(((performance.now() - begin) * 1e6) / size);
    }
  }
  return compare(...times);
}

function row(what: string, { ours, other, ratio }: Comparison): Row {
  return { what, ours: nanoseconds(ours), against: nanoseconds(other), ratio };
}

async function memory(quick: boolean): Promise<Row[]> {
  const tuples = quick ? 200_000 : 1_000_000;
  await using keeper = new Child<KeeperCalls>('keeper');
  const { kept, bytesEach, mostResident, seconds } = await keeper.ask('fill', { tuples });
  return [
    { what: `${count(tuples)} tuples, all kept; a second`, ours: count(kept / seconds), sound: kept === tuples },
    { what: '  bytes a tuple', ours: count(bytesEach) },
    {
      what: '  resident at most',
      ours: megabytes(mostResident),
      against: megabytes(BOUND),
      sound: mostResident <= BOUND,
    },
  ];
}

async function flood(quick: boolean): Promise<Row[]> {
  const asked = { tuples: quick ? 300_000 : 5_000_000, maxTuples: quick ? 50_000 : 500_000, addresses: 100_000 };
  await using keeper = new Child<KeeperCalls>('keeper');
  const { whites, traps, tuples, mostTuples, mostResident } = await keeper.ask('flood', asked);
  const each = asked.addresses / 2;
  return [
    {
      what: `flood of ${count(asked.tuples)} random tuples: most kept`,
      ours: count(mostTuples),
      against: count(asked.maxTuples),
      sound: mostTuples <= asked.maxTuples && tuples === asked.maxTuples,
    },
    { what: '  white addresses kept', ours: count(whites), against: count(each), sound: whites === each },
    { what: '  trapped addresses kept', ours: count(traps), against: count(each), sound: traps === each },
    { what: '  resident at most', ours: megabytes(mostResident) },
  ];
}
