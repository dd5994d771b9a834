/**
 * `bit-flips.ts [flips] [seed]`: fills a store, ends it as `kill -9` would, flips one bit at a time in a copy of one of
 * its files, opens that copy and asks for every record. Prints what became of the flips, for each kind of file:
 *
 * - fine: everything is as it was;
 * - refused: it does not open, and says that it is damaged;
 * - reported: it opens, and says of what is not as it was that it is damaged;
 * - silent: something is missing, and nothing says so;
 * - wrong: something is served that is not what was acknowledged;
 * - crashed: the process is gone.
 *
 * Of those refused one in ten is repaired: unrepaired is what cannot be opened then, unsound where what is there then was
 * never written or a look-up brings another version than a listing, crashed likewise. Kept is the least share of the records
 * that a repair kept.
 *
 * Ends with 1 where anything was silent, wrong, crashed, unrepaired or unsound.
 */
import { type SpawnSyncOptionsWithStringEncoding, spawnSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { SpamdSyncError } from 'spamd-sync';
import { LevelStore } from 'spamd-sync/level';
import type { AddressRecord, Step, StoreRecord, TupleRecord } from 'spamd-sync/store';
import { generator } from '../../src/transport/random.ts';

type Fate = 'fine' | 'refused' | 'reported' | 'silent' | 'wrong' | 'crashed' | 'unrepaired' | 'unsound';
type Records = ReadonlyMap<string, StoreRecord>;

const FILES = { ldb: /\.ldb$/, log: /\.log$/, manifest: /^MANIFEST/, others: /^(CURRENT|ACKNOWLEDGED)$/ };
type Kind = keyof typeof FILES;
/** So that it ends. */
const MAX_FLIPS = 100_000;
const SAFE: readonly string[] = ['fine', 'refused', 'reported'] satisfies Fate[];
/** A repair takes longer than all the rest. */
const REPAIRED = 10;
const SELF = fileURLToPath(import.meta.url);

const [what = '1000', ...others] = process.argv.slice(2);
if (what === 'fill') await fill(...(others as [string]));
else if (what === 'flip') await flip(...(others as [string, Kind, string, string, string]));
else await main(Math.min(Number(what), MAX_FLIPS), Number(others[0] ?? 1));

/** The store that is filled and each flip are processes of their own, which may end at any time. */
function run(...args: string[]): string[] {
  const options: SpawnSyncOptionsWithStringEncoding = {
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  };
  return spawnSync(process.execPath, [...process.execArgv, SELF, ...args], options)
    .stdout.split('\n')
    .slice(0, -1);
}

async function main(count: number, seed: number): Promise<void> {
  const top = await mkdtemp(join(tmpdir(), 'spamd-sync-'));
  try {
    const directory = join(top, 'store');
    run('fill', directory);
    for (const [kind, pattern] of Object.entries(FILES)) {
      const files = (await readdir(directory)).filter((name) => pattern.test(name));
      const fates: Partial<Record<Fate, number>> = {};
      let kept = 1;
      for (let done = 0; files.length > 0 && done < count; ) {
        const lines = run('flip', top, kind, `${done}`, `${count}`, `${seed}`);
        for (const line of lines) {
          const [fate = '', share = ''] = line.split(' ');
          fates[fate as Fate] = (fates[fate as Fate] ?? 0) + 1;
          kept = Math.min(kept, Number(share));
        }
        done += lines.length;
        if (done < count) fates.crashed = (fates.crashed ?? 0) + 1;
        done += done < count ? 1 : 0;
      }
      if (Object.keys(fates).some((fate) => !SAFE.includes(fate))) process.exitCode = 1;
      console.log(`${kind} (${files.length} files), ${count} flips:`, fates, `kept: ${kept.toFixed(3)}`);
    }
  } finally {
    await rm(top, { recursive: true });
  }
}

async function flip(top: string, kind: Kind, from: string, to: string, seed: string): Promise<void> {
  const [directory, sound, copy] = ['store', 'sound', 'copy'].map((name) => join(top, name)) as [
    string,
    string,
    string,
  ];
  await rm(sound, { recursive: true, force: true });
  await cp(directory, sound, { recursive: true });
  const expected = await recordsOf(sound);
  const files = (await readdir(directory)).filter((name) => FILES[kind].test(name)).sort();
  const { pick, below } = generator(Number(seed));
  for (let i = 0; i < Number(to); i++) {
    const name = pick(files);
    const bytes = await readFile(join(directory, name));
    const at = below(Math.max(1, bytes.length));
    bytes[at] = (bytes[at] as number) ^ (1 << below(8));
    if (i < Number(from)) continue;
    await rm(copy, { recursive: true, force: true });
    await cp(directory, copy, { recursive: true });
    await writeFile(join(copy, name), bytes);
    const fate = await fateOf(copy, expected);
    const isTried = fate === 'refused' && i % REPAIRED === 0;
    writeSync(1, `${isTried ? await repaired(copy, expected) : `${fate} 1`}\n`);
  }
}

/** What a repair makes of it. Older versions of a record may come back by it; what was never written may not. */
async function repaired(directory: string, expected: Records): Promise<string> {
  try {
    await LevelStore.repair(directory);
    const records = await recordsOf(directory);
    if ([...records.keys()].some((name) => !expected.has(name))) return 'unsound 0';
    if (!(await areReadAlike(directory, records))) return 'unsound 0';
    const whole = [...records].filter(([name, record]) => isDeepStrictEqual(record, expected.get(name)));
    return `refused ${whole.length / expected.size}`;
  } catch (error) {
    if (error instanceof SpamdSyncError) return 'unrepaired 0';
    throw error;
  }
}

/** Whether each record is by itself what it is in a listing. */
async function areReadAlike(directory: string, records: Records): Promise<boolean> {
  await using store = await LevelStore.open(directory);
  for (const record of records.values()) if (!isDeepStrictEqual(await readOne(store, record), record)) return false;
  return true;
}

function keyOf(i: number): string {
  return `10.0.${i >>> 8}.${i & 255}\0mail${i % 7}.example.org\0sender${i}@example.org\0recipient@example.net`;
}

/** Tables of several levels, and a log with what is in none of them yet. */
async function fill(directory: string): Promise<void> {
  for (let round = 0; round < 4; round++) {
    const store = await LevelStore.open(directory, { durability: 'sync' });
    for (let from = 0; from < 300; from += 50) {
      await store.load(
        Array.from({ length: 50 }, (_, i): StoreRecord => {
          const first = 1_800_000_000 + round * 1000 + i;
          const at = { first, pass: first + 14_400, expires: first + 14_400 };
          return {
            type: 'tuple',
            key: keyOf(from + i + round * 150),
            record: { ...at, blocked: round, passed: 0, original: i % 3 === 0 ? `Mail${i}\0<S${i}>\0<R>` : undefined },
          };
        }),
      );
    }
    for (let i = 0; i < 50; i++) await store.load([addressOf(i + round * 25, round)]);
    await store.spamtraps.add(`trap${round}@example.net`);
    if (round < 3) await store.close();
  }
  process.kill(process.pid, 'SIGKILL');
}

function addressOf(i: number, round: number): StoreRecord {
  const claim = { at: 1_800_000_000 + round, expires: 1_803_000_000 + round };
  const record: AddressRecord = {
    white: [claim],
    trapped: [],
    whiteRemoved: 0,
    trappedRemoved: 0,
    removalsExpire: 0,
    localWhite: claim.at,
    trappedBy: '',
    evidence: [],
    first: claim.at,
    pass: claim.at,
    blocked: round,
    passed: 1,
    announcedExpires: 0,
    announcedAt: 0,
  };
  return { type: 'address', ip: `192.0.2.${i}`, record };
}

async function recordsOf(directory: string): Promise<Records> {
  await using store = await LevelStore.open(directory);
  const records = new Map<string, StoreRecord>();
  for await (const record of store.records()) records.set(nameOf(record), structuredClone(record));
  return records;
}

function nameOf(record: StoreRecord): string {
  if (record.type === 'tuple') return `tuple ${record.key}`;
  return record.type === 'address' ? `address ${record.ip}` : `spamtrap ${record.address}`;
}

async function fateOf(directory: string, expected: Records): Promise<Fate> {
  let store: LevelStore;
  try {
    store = await LevelStore.open(directory);
  } catch (error) {
    if (error instanceof SpamdSyncError) return 'refused';
    throw error;
  }
  let isReported = false;
  /** What is reported once is so for any call. */
  const tried = async <T>(task: () => T | Promise<T>): Promise<T | 'refused'> => {
    for (let tries = 0; tries < 2; tries++) {
      try {
        return await task();
      } catch (error) {
        if (!(error instanceof SpamdSyncError)) throw error;
        isReported = true;
      }
    }
    return 'refused';
  };
  const differences = new Set<'missing' | 'wrong'>();
  for (const record of expected.values()) {
    const there = await tried(() => readOne(store, record));
    if (there === undefined) differences.add('missing');
    else if (there !== 'refused' && !isDeepStrictEqual(there, record)) differences.add('wrong');
  }
  const listed = new Set<string>();
  await tried(async () => {
    for await (const record of store.records()) {
      listed.add(nameOf(record));
      if (!isDeepStrictEqual(record, expected.get(nameOf(record)))) differences.add('wrong');
    }
  });
  if ([...expected.keys()].some((name) => !listed.has(name))) differences.add('missing');
  await tried(() => store.close());
  if (differences.has('wrong')) return 'wrong';
  if (isReported) return 'reported';
  return differences.has('missing') ? 'silent' : 'fine';
}

/** A record by a look-up of its own, `undefined` where there is none. */
async function readOne(store: LevelStore, expected: StoreRecord): Promise<StoreRecord | undefined> {
  switch (expected.type) {
    case 'tuple': {
      const { key } = expected;
      const step: Step<TupleRecord | undefined> = {
        ip: key.slice(0, key.indexOf('\0')),
        key,
        run: ({ tuple }) => ({ value: tuple && { ...tuple } }),
      };
      const record = await store.update(step, 0);
      return record && { type: 'tuple', key, record };
    }
    case 'address': {
      const { ip } = expected;
      const step: Step<AddressRecord | undefined> = {
        ip,
        run: ({ address }) => ({ value: address && { ...address } }),
      };
      const record = await store.update(step, 0);
      return record && { type: 'address', ip, record };
    }
    case 'spamtrap':
      return (await store.spamtraps.has(expected.address)) ? expected : undefined;
  }
}
