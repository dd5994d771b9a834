import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Store } from 'spamd-sync';
import { type Durability, LevelStore } from 'spamd-sync/level';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contents, keyOf } from '../support/records.ts';

const { KILL_ROUNDS } = process.env;
const ROUNDS = Number(KILL_ROUNDS ?? 5);
const WORKER = fileURLToPath(new URL('./level-worker.ts', import.meta.url));
/** How often one directory is used: it only ever grows, and all of it is looked at every time. */
const ROUNDS_OF_ONE = 10;
const MAX_LOSS_MS = 100;
/** A step is noted after it is acknowledged, and the machine has more to do than this. */
const SLACK_MS = 100;

interface Acknowledged {
  readonly at: number;
  readonly what: string;
  readonly ip: string;
}

function storeOf(top: string, round: number): string {
  return join(top, `store${Math.floor(round / ROUNDS_OF_ONE)}`);
}

/** Lets a store be worked for a while, and kills who does it. */
async function killedRound(top: string, durability: Durability, round: number): Promise<Acknowledged[]> {
  const file = join(top, 'acknowledged');
  const options = ['--import', 'tsx', WORKER, storeOf(top, round), durability, `${round}`, file];
  const worker = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(worker, 'exit');
  await Promise.race([once(worker.stdout, 'data'), exited]);
  await sleep(Math.random() * 400);
  worker.kill('SIGKILL');
  const [, signal] = await exited;
  expect(signal).toBe('SIGKILL');
  // The last line may be cut off.
  const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
  return lines.map((line) => {
    const [at, what = '', ip = ''] = line.split(' ');
    return { at: Number(at), what, ip };
  });
}

/** The steps that are found in a store, named as the worker names them. */
async function found(store: Store): Promise<Set<string>> {
  const names = new Set<string>();
  for (const item of await contents(store)) {
    if (item.type === 'spamtrap') names.add(`spamtrap ${item.address.replace('@example.net', '')}`);
    else if (item.type === 'tuple') {
      const [ip = ''] = item.key.split('\0');
      expect(item.key).toBe(keyOf(ip));
      names.add(`first ${ip}`);
    } else {
      if (item.record.white.length > 0 && item.record.passed === 1) names.add(`promoted ${item.ip}`);
      if (item.record.trapped.length > 0) names.add(`trapped ${item.ip}`);
    }
  }
  return names;
}

describe.each([
  { durability: 'sync', lost: 'nothing that was acknowledged' },
  { durability: 'batched', lost: 'no more than what was acknowledged last' },
] as const)('a LevelStore killed at any moment with durability $durability', ({ durability, lost }) => {
  let top: string;

  beforeAll(async () => {
    top = await mkdtemp(join(tmpdir(), 'spamd-sync-'));
  });

  afterAll(() => rm(top, { recursive: true }));

  it(`a LevelStore killed at any moment (${durability}) opens again and has lost ${lost}`, {
    timeout: 10_000 + ROUNDS * 10_000,
  }, async () => {
    let kept = new Set<string>();
    let steps = 0;
    let lostSteps = 0;
    for (let round = 0; round < ROUNDS; round++) {
      if (round % ROUNDS_OF_ONE === 0) kept = new Set();
      const acknowledged = await killedRound(top, durability, round);
      const killedAt = acknowledged.at(-1)?.at ?? 0;
      const store = await LevelStore.open(storeOf(top, round));
      const there = await found(store);
      const { tuples, addresses, spamtraps } = store.stats();
      await store.close();

      const all = acknowledged.map(({ what, ip }) => `${what} ${ip}`);
      const old =
        durability === 'sync' ? acknowledged : acknowledged.filter(({ at }) => at < killedAt - MAX_LOSS_MS - SLACK_MS);
      const must = [...kept, ...old.map(({ what, ip }) => `${what} ${ip}`)];
      expect(must.filter((name) => !there.has(name))).toEqual([]);
      const first = [...there].filter((name) => name.startsWith('first ')).length;
      const traps = [...there].filter((name) => name.startsWith('spamtrap ')).length;
      expect({ tuples, spamtraps }).toEqual({ tuples: first, spamtraps: traps });
      expect(addresses).toBeLessThanOrEqual(tuples);
      for (const name of there) kept.add(name);
      steps += all.length;
      lostSteps += all.filter((name) => !there.has(name)).length;
    }
    expect(steps).toBeGreaterThan(ROUNDS);
    if (KILL_ROUNDS !== undefined) {
      console.log(`${durability}: killed ${ROUNDS} times, ${steps} steps acknowledged, ${lostSteps} of them lost`);
    }
  });
});
