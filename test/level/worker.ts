/**
 * `level-worker.ts directory durability round file`: works a store until it is killed, and tells each step as soon as it
 * is acknowledged: when, what, and of which address. In a file, which takes any number of them at once and outlives it.
 */
import { openSync, writeSync } from 'node:fs';
import { LevelStore } from 'spamd-sync/level';
import { NOW, RULES, stepOf } from '../store/contract/steps.ts';

const WORKERS = 8;

const [directory = '', durability, round = '0', file = ''] = process.argv.slice(2);
const out = openSync(file, 'w');
const store = await LevelStore.open(directory, { durability: durability === 'sync' ? 'sync' : 'batched' });
let next = 0;

function tell(what: string, name: string): void {
  writeSync(out, `${performance.now()} ${what} ${name}\n`);
}

async function work(): Promise<void> {
  for (;;) {
    const ip = `10.${round}.${(next >>> 8) & 255}.${next & 255}`;
    next++;
    await store.recordAttempt(stepOf({ ip }));
    tell('first', ip);
    await store.recordAttempt(stepOf({ ip, now: NOW + RULES.passtime + 1 }));
    tell('promoted', ip);
    const trapped = { type: 'trapped', ip, at: NOW + 9000, until: NOW + 90_000, own: true, by: 'operator' } as const;
    await store.mergeAddress(trapped, { now: NOW + 9000, announced: true });
    tell('trapped', ip);
    await store.spamtraps.add(`${ip}@example.net`);
    tell('spamtrap', ip);
    // Others have their turn also where nothing waits for the disk.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

writeSync(1, 'ready\n');
await Promise.all(Array.from({ length: WORKERS }, work));
