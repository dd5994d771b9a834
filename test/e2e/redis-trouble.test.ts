import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { Greylist, type Verdict } from 'spamd-sync';
import { Broadcaster, type RedisClient, RedisStore } from 'spamd-sync/redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RedisServer } from './redis-server.ts';

const KINDS = [
  {
    name: 'node-redis',
    connect: async (server: RedisServer): Promise<{ client: RedisClient; end: () => void }> => {
      const client = createClient({ url: server.url, socket: { reconnectStrategy: 50 } });
      client.on('error', () => {});
      await client.connect();
      return { client, end: () => client.destroy() };
    },
  },
  {
    name: 'ioredis',
    connect: async (server: RedisServer): Promise<{ client: RedisClient; end: () => void }> => {
      const client = new Redis(server.url, { retryStrategy: () => 50, lazyConnect: true });
      client.on('error', () => {});
      await client.connect();
      return { client, end: () => client.disconnect() };
    },
  },
];

describe.each(KINDS)('a greylist over Redis through $name', ({ connect }) => {
  let server: RedisServer;
  let client: RedisClient;
  let end: () => void;
  let greylist: Greylist;
  let tried = 0;

  beforeEach(async () => {
    server = await RedisServer.start();
    ({ client, end } = await connect(server));
    greylist = new Greylist({ store: new RedisStore(client, { timeout: 0.3 }) });
    greylist.on('warning', () => {});
  });
  afterEach(async () => {
    await greylist.close();
    end();
    await server[Symbol.asyncDispose]();
  });

  const check = () =>
    greylist.check({ ip: '192.0.2.1', helo: 'mx', from: '<a@example.org>', to: `<${tried++}@example.net>` });
  const why = (verdict: Verdict) => (verdict.error instanceof Error ? verdict.error.message : '');

  it('passes while the server is away, and decides again when it is back', async () => {
    expect(await check()).toMatchObject({ action: 'defer', reason: 'first-sight' });
    await server.stop();
    const verdicts = await Promise.all(Array.from({ length: 20 }, check));
    for (const verdict of verdicts) expect(verdict).toMatchObject({ action: 'pass', reason: 'error' });
    // Given up, but the client may still do it later.
    await expect(greylist.trap('192.0.2.9')).rejects.toThrow();
    await expect(greylist.sweep()).rejects.toThrow();
    expect((await greylist.stats()).store).toBeUndefined();
    await server.start();
    await expect.poll(async () => (await check()).reason).toBe('first-sight');
  });

  it('passes at a server that became a replica', async () => {
    expect(server.cli('REPLICAOF', '127.0.0.1', '1')).toBe('OK');
    const verdict = await check();
    expect(verdict).toMatchObject({ action: 'pass', reason: 'error' });
    expect(why(verdict)).toMatch(/READONLY/);
    expect(server.cli('REPLICAOF', 'NO', 'ONE')).toBe('OK');
    await expect.poll(async () => (await check()).reason).toBe('first-sight');
  });

  it('passes while the server hangs', async () => {
    server.signal('SIGSTOP');
    expect(why(await check())).toMatch(/no answer in 0.3 s/);
    server.signal('SIGCONT');
    await expect.poll(async () => (await check()).reason).toBe('first-sight');
  });

  it('passes while the server loads what it saved', async () => {
    const filled = "for i = 1, 4000 do redis.call('SET', 'filler:' .. i, i) end return 'OK'";
    expect(server.cli('EVAL', filled, '0')).toBe('OK');
    expect(server.cli('SAVE')).toBe('OK');
    await server.stop();
    await server.start('--key-load-delay', '500', '--loading-process-events-interval-bytes', '1024');
    const verdict = await check();
    expect(verdict).toMatchObject({ action: 'pass', reason: 'error' });
    expect(why(verdict)).toMatch(/LOADING|no answer/);
    await expect.poll(async () => (await check()).reason, { timeout: 20_000 }).toBe('first-sight');
  });

  it('has a broadcaster that stands by while the server is away, and leads again', async () => {
    const announced: string[] = [];
    const open = async () => ({
      on: () => {},
      close: async () => void announced.push('closed'),
      announce: async (entries: Iterable<{ ip: string }>) => void announced.push(...[...entries].map(({ ip }) => ip)),
    });
    const warnings: string[] = [];
    const broadcaster = await Broadcaster.open(client, { open, leaseMs: 1500, timeout: 1 });
    broadcaster.on('warning', ({ code }) => warnings.push(code));
    await expect.poll(() => broadcaster.leading).toBe(true);
    await server.stop();
    await expect.poll(() => announced).toEqual(['closed']);
    const entry = { type: 'white', timestamp: 1, expires: 2 } as const;
    await expect(broadcaster.announce([{ ...entry, ip: '192.0.2.1' }])).rejects.toThrow();
    await server.start();
    await expect.poll(() => broadcaster.leading).toBe(true);
    await broadcaster.announce([{ ...entry, ip: '192.0.2.2' }]);
    await broadcaster.close();
    expect(announced.filter((ip) => ip !== '192.0.2.1')).toEqual(['closed', '192.0.2.2', 'closed']);
    expect(new Set(warnings)).toEqual(new Set(['WARN_SPAMD_STORE']));
  });
});
