import { Greylist } from 'spamd-sync';
import { Broadcaster, type NodeRedisClient, RedisStore, type RedisStoreOptions } from 'spamd-sync/redis';
import { encodeAddress, newAddress, ReadStep, sweep } from 'spamd-sync/store';
import { describe, expect, it } from 'vitest';
import { Keys } from '../../src/redis/keys.ts';
import { slotOf, slotTags, tagOfSlotOf } from '../../src/redis/slots.ts';

const attempt = { ip: '192.0.2.1', helo: 'mx', from: '<a@example.org>', to: '<b@example.net>' };
const NOSCRIPT = 'NOSCRIPT No matching script. Please use EVAL.';

const seconds = () => `${Math.floor(Date.now() / 1000)}`;
/** What the script answers when it wrote. */
const done = () => [1, seconds(), '0'];
const read = (store: RedisStore, ip = '192.0.2.1') => store.update(new ReadStep(ip), 0);

/** A client that answers each command as it is told to, and remembers what it was asked. */
function clientOf(answer: (args: string[]) => unknown): NodeRedisClient & { asked: string[][] } {
  const asked: string[][] = [];
  return {
    asked,
    sendCommand: async (args) => {
      asked.push(args.map(String));
      return answer(args.map(String));
    },
  };
}

function fails(message: string): () => never {
  return () => {
    throw new Error(message);
  };
}

describe('RedisStore', () => {
  it('sends a script whole when the server does not know it, and by its digest before', async () => {
    const client = clientOf(([command]) => (command === 'EVALSHA' ? fails(NOSCRIPT)() : done()));
    const store = new RedisStore(client);
    const greylist = new Greylist({ store });
    expect(await greylist.check(attempt)).toMatchObject({ action: 'defer', reason: 'first-sight' });
    const [first = [], second = []] = client.asked;
    expect(first[0]).toBe('EVALSHA');
    expect(first[1]).toMatch(/^[0-9a-f]{40}$/);
    expect(second[0]).toBe('EVAL');
    expect(second.slice(2)).toEqual(first.slice(2));
    expect(client.asked).toHaveLength(2);
    await greylist.close();
  });

  it('names the keys of a step first, a tuple in the slot of its address', async () => {
    const client = clientOf(done);
    await using greylist = new Greylist({ store: new RedisStore(client, { prefix: 'site:' }) });
    await greylist.check(attempt);
    const [, , count, ...operands] = client.asked[0] ?? [];
    expect(operands.slice(0, Number(count))).toEqual([
      'site:address:{192.0.2.1}',
      'site:tuple:{192.0.2.1}\0mx\0a@example.org\0b@example.net',
      'site:due',
      'site:spamtraps',
    ]);
  });

  it('runs a step again over what stands, and asks no more where nothing is to be written', async () => {
    const record = newAddress(5);
    const stands = [Buffer.from(encodeAddress(record)).toString('base64')];
    const client = clientOf(() => [0, seconds(), '0', stands, []]);
    const store = new RedisStore(client);
    expect(await read(store)).toEqual(record);
    expect(client.asked).toHaveLength(1);
  });

  it('gives up where other writers are faster every time, and counts how often they were', async () => {
    let first = 0;
    const client = clientOf(([command]) => {
      if (command === 'SCAN') return ['0', []];
      if (command === 'SCARD') return 0;
      return [0, seconds(), '0', [Buffer.from(encodeAddress(newAddress(++first))).toString('base64'), ''], [0]];
    });
    const store = new RedisStore(client, { time: 'caller' });
    const greylist = new Greylist({ store });
    const { reason, error } = await greylist.check(attempt);
    expect(reason).toBe('error');
    expect(error?.message).toMatch(/contended/);
    // What was not known at first was no conflict.
    expect((await store.stats()).conflicts).toBe(first - 1);
    await greylist.close();
  });

  it('takes over the time of the server when its own is wrong', async () => {
    const client = clientOf((args) => {
      const assumed = args[3 + Number(args[2])];
      return assumed === '5000' ? [1, '5000', '0'] : [0, '5000', '500000', [''], []];
    });
    const store = new RedisStore(client);
    await read(store);
    await read(store, '192.0.2.2');
    const assumed = client.asked.map((args) => args[3 + Number(args[2])]);
    expect(assumed[0]).not.toBe('5000');
    expect(assumed.at(-1)).toBe('5000');
  });

  it('runs together what comes for one address while it waits for an answer', async () => {
    const client = clientOf(done);
    await using greylist = new Greylist({ store: new RedisStore(client) });
    const tos = Array.from({ length: 20 }, (_, n) => `<${n}@example.net>`);
    const verdicts = await Promise.all(tos.map((to) => greylist.check({ ...attempt, to })));
    expect(new Set(verdicts.map(({ reason }) => reason))).toEqual(new Set(['first-sight']));
    expect(client.asked).toHaveLength(2);
  });

  it.each([
    'READONLY You can’t write against a read only replica.',
    'LOADING Redis is loading the dataset in memory',
    'CLUSTERDOWN The cluster is down',
    'Connection is closed.',
  ])('reports %j as trouble of the store', async (message) => {
    const client = clientOf(fails(message));
    const store = new RedisStore(client);
    await using greylist = new Greylist({ store });
    const warnings: string[] = [];
    greylist.on('warning', (warning) => warnings.push(warning.message));
    const verdict = await greylist.check(attempt);
    expect(verdict).toMatchObject({ action: 'pass', reason: 'error', error: { code: 'ERR_SPAMD_STORE' } });
    // The script is sent whole for one reason alone.
    expect(client.asked.filter(([command]) => command === 'EVAL')).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining(message)]);
    await expect(store.spamtraps.add('a@b')).rejects.toMatchObject({ code: 'ERR_SPAMD_STORE' });
    await expect(sweep(store, 1, false)).rejects.toThrow(message);
    await expect(store.stats()).rejects.toThrow(message);
    await expect(store.load([{ type: 'spamtrap', address: 'a@b' }])).rejects.toThrow(message);
    await expect(store.records()[Symbol.asyncIterator]().next()).rejects.toThrow(message);
  });

  it('has node-redis answer in text, and set no timer for each command', async () => {
    const given: unknown[] = [];
    const client: NodeRedisClient = {
      sendCommand: async (_args, options) => {
        given.push(options);
        return done();
      },
    };
    await read(new RedisStore(client));
    expect(given).toEqual([{ typeMapping: { 36: String }, timeout: 0 }]);
  });

  it('takes a client that throws at once for one that fails', async () => {
    const store = new RedisStore({ sendCommand: fails('closed') });
    await expect(read(store)).rejects.toMatchObject({ code: 'ERR_SPAMD_STORE' });
  });

  it('gives up what is not answered in time, also when it fails later', async () => {
    let fail = (_error: Error): void => {};
    const pending = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const store = new RedisStore({ sendCommand: () => pending }, { timeout: 0.02 });
    await expect(read(store)).rejects.toThrow('no answer in 0.02 s');
    fail(new Error('too late to matter'));
    await expect(read(store)).rejects.toThrow('too late to matter');
  });

  it('takes no more than a client can hold', async () => {
    let sent = 0;
    const store = new RedisStore(
      {
        sendCommand: () => {
          sent++;
          return new Promise(() => {});
        },
      },
      { timeout: 0.05 },
    );
    const results = await Promise.allSettled(
      Array.from({ length: 17_000 }, (_, n) => read(store, `10.0.${n >> 8}.${n & 255}`)),
    );
    expect(sent).toBe(16_384);
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    await expect(read(store)).rejects.toThrow(/does not keep up/);
  });

  it.each<[string, unknown, RedisStoreOptions]>([
    ['client', undefined, {}],
    ['client', {}, {}],
    ['client', { sendCommand: 'no' }, {}],
    ['keyPrefix', { call: () => {}, options: { keyPrefix: 'x:' } }, {}],
    ['prefix', clientOf(() => null), { prefix: '{x}' }],
    ['timeout', clientOf(() => null), { timeout: 0 }],
    ['time', clientOf(() => null), { time: 'mine' as 'caller' }],
    ['clock', clientOf(() => null), { clock: {} as never }],
  ])('refuses an invalid %s', (name, client, options) => {
    expect(() => new RedisStore(client as NodeRedisClient, options)).toThrow(
      expect.objectContaining({ code: 'ERR_SPAMD_OPTION', message: expect.stringContaining(name) }),
    );
  });

  it('takes an option that is undefined for one that is not given', () => {
    const options = { prefix: undefined, timeout: undefined, time: undefined, clock: undefined };
    expect(() => new RedisStore(clientOf(done), options)).not.toThrow();
  });
});

describe('Broadcaster', () => {
  const open = () => Promise.reject(new Error('never'));
  const client = clientOf(() => [0, seconds(), '0', ['other'], []]);
  it.each([
    ['open', { open: 'peer' }],
    ['scope', { open, scope: '' }],
    ['scope', { open, scope: 'a}b' }],
    ['prefix', { open, prefix: '{' }],
    ['leaseMs', { open, leaseMs: 99 }],
    ['maxQueued', { open, maxQueued: 0 }],
    ['timeout', { open, timeout: 601 }],
  ])('refuses an invalid %s', async (name, options) => {
    await expect(Broadcaster.open(client, options as never)).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_SPAMD_OPTION', message: expect.stringContaining(name) }),
    );
  });

  it('takes nothing when it is closed', async () => {
    const broadcaster = await Broadcaster.open(client, { open });
    await broadcaster.close();
    await broadcaster.close();
    await expect(broadcaster.announce([])).rejects.toMatchObject({ code: 'ERR_SPAMD_CLOSED' });
  });
});

describe('keys', () => {
  it('fall into the slots that the cluster specification gives', () => {
    expect(slotOf('123456789')).toBe(0x31c3);
    expect(slotOf('foo')).toBe(12_182);
    expect(slotOf('')).toBe(0);
  });

  it('have an index in the same slot', () => {
    const tags = slotTags();
    expect(new Set(tags).size).toBe(16_384);
    for (const [slot, tag] of tags.entries()) expect(slotOf(tag)).toBe(slot);
    for (const ip of ['192.0.2.1', '2001:db8::1', 'pool.example.org']) expect(slotOf(tagOfSlotOf(ip))).toBe(slotOf(ip));
  });

  it.each(['192.0.2.1', '2001:db8::1', '192.0.2.0/24', 'r\u00e9seau', '}', '%7d', 'a}b%25c{d'])(
    'give %j back',
    (ip) => {
      const keys = new Keys('p:', true);
      expect(keys.ofAddress(keys.address(ip))).toBe(ip);
      const key = `${Buffer.from(ip).toString('latin1')}\0h\0{f}\0t}`;
      expect(keys.ofTuple(keys.tuple(key))).toBe(key);
      const tag = (name: string) => name.slice(name.indexOf('{') + 1, name.indexOf('}'));
      expect(tag(keys.tuple(key))).toBe(tag(keys.address(ip)));
      expect(tag(keys.address(ip))).not.toBe('');
    },
  );

  it('are matched as they are, whatever the prefix', () => {
    expect(new Keys('a*[b]?\\', false).tuplePattern()).toBe('a\\*\\[b\\]\\?\\\\tuple:{*');
  });
});
