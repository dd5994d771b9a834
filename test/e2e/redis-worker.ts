/** A process of a mail site: decides attempts over a store in Redis, and records in a file what it tells the group. */
import { appendFileSync } from 'node:fs';
import { createClient } from 'redis';
import { type Entry, Greylist, type Verdict } from 'spamd-sync';
import { Broadcaster, type GroupPeer, RedisStore } from 'spamd-sync/redis';
import type { FromWorker, ToWorker } from './redis-workers.ts';

const CONCURRENT = 100;
const PATIENCE_MS = 60_000;
const [url = '', file = '', leaseMs = ''] = process.argv.slice(2);

/** Writes before it goes on, so that nothing it said is forgotten when the process is killed. */
const recorder = async (): Promise<GroupPeer> => ({
  on: () => {},
  close: async () => {},
  announce: async (entries: Iterable<Entry>) => {
    const line = JSON.stringify({ at: Date.now(), pid: process.pid, entries: [...entries] });
    appendFileSync(file, `${line}\n`);
  },
});

const client = createClient({ url });
client.on('error', () => {});
await client.connect();
const broadcaster = new Broadcaster(client, { open: recorder, leaseMs: Number(leaseMs), timeoutMs: PATIENCE_MS });
// However slow the machine is: what fails open counts wrong.
const store = new RedisStore(client, { timeoutMs: PATIENCE_MS });
broadcaster.on('lead', () => report({ type: 'lead' }));
process.on('message', (message: ToWorker) => {
  if (message.type === 'close') void close();
  else void attempt(message);
});
report({ type: 'ready' });

async function attempt({ tuples, passtime }: ToWorker & { type: 'attempt' }): Promise<void> {
  const policy = { passtime, sweepInterval: 1, timeoutMs: PATIENCE_MS };
  await using greylist = new Greylist({ store, group: broadcaster, policy });
  greylist.on('warning', ({ message }) => report({ type: 'warning', message }));
  const verdicts: Partial<Record<Verdict['reason'], number>> = {};
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < tuples.length) {
      const tuple = tuples[next++] as number;
      const ip = `10.${tuple >> 16}.${(tuple >> 8) & 255}.${tuple & 255}`;
      const { reason } = await greylist.check({
        ip,
        helo: 'mx.example.org',
        from: '<a@example.org>',
        to: '<b@example.net>',
      });
      verdicts[reason] = (verdicts[reason] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, lane));
  report({ type: 'done', verdicts });
}

async function close(): Promise<void> {
  await broadcaster.close();
  await client.close();
  process.disconnect();
}

function report(message: FromWorker): void {
  process.send?.(message);
}
