/** A process of a mail site: decides attempts over a store in Redis, and records in a file what it announces to the group. */
import { appendFileSync } from 'node:fs';
import { createClient } from 'redis';
import { type Entry, Greylist, type Verdict } from 'spamd-sync';
import { Broadcaster, type GroupPeer, RedisStore } from 'spamd-sync/redis';
import type { FromWorker, ToWorker } from './redis-workers.ts';

const CONCURRENT = 100;
const [url = '', file = '', seconds = ''] = process.argv.slice(2);
const timeout = Number(seconds);

/** Writes before it goes on, so that nothing that it announced is forgotten when the process is killed. */
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
const broadcaster = await Broadcaster.open(client, { open: recorder, timeout });
const store = new RedisStore(client, { timeout });
broadcaster.on('lead', () => report({ type: 'lead' }));
process.on('message', (message: ToWorker) => {
  if (message.type === 'close') void close();
  else void attempt(message);
});
report({ type: 'ready' });

async function attempt({ tuples, policy }: ToWorker & { type: 'attempt' }): Promise<void> {
  await using greylist = new Greylist({
    store,
    group: broadcaster,
    policy,
    sweepInterval: 1,
    timeout: 60,
  });
  greylist.on('warning', ({ message }) => report({ type: 'warning', message }));
  const verdicts: Partial<Record<Verdict['reason'], number>> = {};
  let next = 0;
  let slowest = 0;
  const lane = async (): Promise<void> => {
    while (next < tuples.length) {
      const tuple = tuples[next++] as number;
      const ip = `10.${tuple >> 16}.${(tuple >> 8) & 255}.${tuple & 255}`;
      const began = performance.now();
      const { reason } = await greylist.check({
        ip,
        helo: 'mx.example.org',
        from: '<a@example.org>',
        to: '<b@example.net>',
      });
      slowest = Math.max(slowest, (performance.now() - began) / 1000);
      verdicts[reason] = (verdicts[reason] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, lane));
  const { conflicts } = await store.stats();
  report({ type: 'done', done: { verdicts, slowest, conflicts } });
}

async function close(): Promise<void> {
  await broadcaster.close();
  await store.close();
  await client.close();
  process.disconnect();
}

function report(message: FromWorker): void {
  process.send?.(message);
}
