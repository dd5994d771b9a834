/**
 * `level-full-disk.ts directory durability`, run with a limit to the size of files: works a store until that is reached, has the limit
 * raised, and goes on. Prints as JSON what became of it.
 */
import { execFileSync } from 'node:child_process';
import { SpamdSyncError } from 'spamd-sync';
import { LevelStore } from 'spamd-sync/level';
import { attempt } from '../support/records.ts';

const [directory = '', durability = 'sync'] = process.argv.slice(2);
const TO = `${'x'.repeat(2000)}@example.net`;

async function failure(task: () => unknown): Promise<SpamdSyncError | undefined> {
  try {
    await task();
    return undefined;
  } catch (error) {
    if (error instanceof SpamdSyncError) return error;
    throw error;
  }
}

const store = await LevelStore.open(directory, { durability: durability === 'sync' ? 'sync' : 'batched' });
let acknowledged = 0;
let error: SpamdSyncError | undefined;
while (error === undefined && acknowledged < 10_000) {
  error = await failure(() => attempt(store, { ip: `tuple${acknowledged}`, to: TO }));
  if (error === undefined) acknowledged++;
  // Where nothing waits for the disk, the disk has its turn.
  await new Promise((resolve) => setImmediate(resolve));
}
const again = await failure(() => attempt(store, { ip: 'again' }));
execFileSync('prlimit', ['--fsize=unlimited', '--pid', `${process.pid}`]);
let tries = 0;
while ((await failure(() => attempt(store, { ip: 'afterwards' }))) !== undefined && tries++ < 100) {
  await new Promise((resolve) => setTimeout(resolve, 100));
}
await store.close();
console.log(JSON.stringify({ code: error?.code, message: error?.message, again: again?.code, acknowledged, to: TO }));
