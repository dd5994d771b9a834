/**
 * Fills a Redis of its own (`noeviction`) with the tuples of many clients, then asks what becomes of hosts that are known:
 *
 *     node --import tsx test/attack/full-redis.ts [ATTEMPTS] [LIMIT in MB] [BYTES of each string] [ADDRESSES] [AT ONCE]
 */
import { createClient } from 'redis';
import { Greylist } from 'spamd-sync';
import { RedisStore } from 'spamd-sync/redis';
import { RedisServer } from '../e2e/redis-server.ts';

const [attempts = 6000, limit = 4, bytes = 1500, addresses = 6000, atOnce = 256] = process.argv.slice(2).map(Number);

const attempt = (ip: string, to = '<someone@example.net>', helo = 'mx.example.org') => ({
  ip,
  helo,
  from: '<a@example.org>',
  to,
});
const ipOf = (n: number): string => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;

await using server = await RedisServer.start('--maxmemory-policy', 'noeviction');
const client = createClient({ url: server.url });
client.on('error', () => {});
await client.connect();
const store = new RedisStore(client);
// The default of `policy.onError` is `pass`: whatever is not decided passes.
const greylist = new Greylist({ store });
const warnings = new Map<string, number>();
greylist.on('warning', ({ message }) => {
  const what = message.replace(/[0-9a-f]{40}|\d+\.\d+\.\d+\.\d+/g, '…').slice(0, 100);
  warnings.set(what, (warnings.get(what) ?? 0) + 1);
});

for (let n = 1; n <= 100; n++) await greylist.trap(`192.0.2.${n}`);
for (let n = 1; n <= 100; n++) await greylist.allow(`198.51.100.${n}`);
await greylist.spamtraps.add('trap@example.net');
await greylist.check(attempt('203.0.113.1'));
server.cli('CONFIG', 'SET', 'maxmemory', `${limit}mb`);

const memory = (): number => Number(/used_memory:(\d+)/.exec(server.cli('INFO', 'memory'))?.[1]);
const dataset = (): number => Number(/used_memory_dataset:(\d+)/.exec(server.cli('INFO', 'memory'))?.[1]);
const mb = (count: number): string => `${(count / 2 ** 20).toFixed(1)} MB`;
const verdicts = new Map<string, number>();
const count = ({ action, reason }: { action: string; reason: string }): void => {
  verdicts.set(`${action} ${reason}`, (verdicts.get(`${action} ${reason}`) ?? 0) + 1);
};
const shown = (): string => [...verdicts].map(([what, times]) => `${what}: ${times}`).join(', ');

let peak = 0;
for (let from = 0; from < attempts; from += atOnce) {
  const slice = Array.from({ length: Math.min(atOnce, attempts - from) }, (_, n) => from + n);
  const long = (n: number) => `${n}-`.padEnd(bytes, 'X');
  const check = (n: number) => greylist.check(attempt(ipOf(n % addresses), `<${long(n)}@example.net>`, long(n)));
  for (const verdict of await Promise.all(slice.map(check))) count(verdict);
  if (from / atOnce < 10) peak = Math.max(peak, memory());
}
console.log(
  `limit ${limit} MB, used ${mb(memory())} (peak ${mb(Math.max(peak, memory()))}), data ${mb(dataset())}, keys ${server.cli('DBSIZE')}`,
);
console.log(`first sights: ${shown()}`);

for (const [what, ask] of [
  ['trapped hosts', (n: number) => attempt(`192.0.2.${n}`)],
  ['white hosts', (n: number) => attempt(`198.51.100.${n}`)],
  ['known tuple, too soon', () => attempt('203.0.113.1')],
  ['spamtrap hits', (n: number) => attempt(`203.0.113.${n + 1}`, '<Trap@example.net>')],
] as const) {
  verdicts.clear();
  for (let round = 0; round < 2; round++) {
    for (let n = 1; n <= 100; n++) count(await greylist.check(ask(n)));
  }
  console.log(`${what}: ${shown()}`);
}
for (const [what, done] of [
  ['trap', () => greylist.trap('192.0.2.200')],
  ['allow', () => greylist.allow('198.51.100.200')],
  ['spamtraps.add', () => greylist.spamtraps.add('other@example.net')],
] as const) {
  const failure = await done().then(
    () => 'done',
    (error) => `${error.code}: ${error.message.slice(0, 110)}`,
  );
  console.log(`${what}: ${failure}`);
}
console.log('warnings:', Object.fromEntries([...warnings].slice(0, 5)));
const { store: kept } = await greylist.stats();
console.log('store:', kept);
await greylist.close();
await store.close().catch(({ message }) => console.log(`close: ${message.slice(0, 110)}`));
await client.close();
