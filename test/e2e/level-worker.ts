/**
 * `level-worker.ts directory durability round file`: works a store until it is killed, and notes each step as soon as it
 * is acknowledged: when, what, and of which address. In a file, which takes any number of them at once and outlives it.
 */
import { openSync, writeSync } from 'node:fs';
import { LevelStore } from 'spamd-sync/level';
import { attempt, change, NOW, RULES } from '../support/records.ts';

const WORKERS = 8;

const [directory = '', durability, round = '0', file = ''] = process.argv.slice(2);
const out = openSync(file, 'w');
const store = await LevelStore.open(directory, { durability: durability === 'sync' ? 'sync' : 'batched' });
let next = 0;

function note(what: string, name: string): void {
  writeSync(out, `${performance.now()} ${what} ${name}\n`);
}

async function work(): Promise<void> {
  for (;;) {
    const ip = `10.${round}.${(next >>> 8) & 255}.${next & 255}`;
    next++;
    await attempt(store, { ip });
    note('first', ip);
    await attempt(store, { ip, now: NOW + RULES.passtime + 1 });
    note('promoted', ip);
    const at = NOW + 9000;
    const trapped = { type: 'trapped', at, expires: NOW + 90_000, local: true, trappedBy: 'operator' } as const;
    await change(store, ip, trapped, { now: at, announced: true });
    note('trapped', ip);
    await store.spamtraps.add(`${ip}@example.net`);
    note('spamtrap', ip);
    // Others have their turn also where nothing waits for the disk.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

writeSync(1, 'ready\n');
await Promise.all(Array.from({ length: WORKERS }, work));
