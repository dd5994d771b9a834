import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Greylist, MemoryStore, SpamdSyncError } from 'spamd-sync';
import { type AttemptOutcome, AttemptStep, newAddress, type StoreRecord, sweep } from 'spamd-sync/store';
import { describe, expect, it } from 'vitest';
import { generator } from '../../src/transport/random.ts';
import { change, RULES, read } from '../support/records.ts';

const NOW = 1_800_000_000;

/** An attempt whose tuple differs from others by its HELO. */
function attempt(store: MemoryStore, helo: string, now = NOW): AttemptOutcome {
  const options = { ip: '192.0.2.1', rules: RULES, record: 'always' } as const;
  return store.update(new AttemptStep({ helo, from: '<a@example.org>', to: '<b@example.net>' }, options), now);
}

/** Claims that hold for a day. */
function fill(store: MemoryStore, type: 'white' | 'trapped', count: number): void {
  for (let i = 0; i < count; i++) {
    const ip = `${type === 'white' ? 10 : 11}.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
    const claim = { at: NOW, expires: NOW + 86_400, local: true };
    const made = type === 'white' ? ({ type, ...claim } as const) : ({ type, ...claim, trappedBy: '' } as const);
    change(store, ip, made, { now: NOW });
  }
}

async function everything(store: MemoryStore): Promise<StoreRecord[]> {
  const records: StoreRecord[] = [];
  for await (const record of store.records()) records.push(record);
  return records;
}

describe('the bounds of a MemoryStore', () => {
  it('a full MemoryStore evicts the least recently seen tuple, and counts it unless it had expired', () => {
    const store = new MemoryStore({ maxTuples: 2, maxAddresses: 2 });
    attempt(store, 'one');
    attempt(store, 'two');
    attempt(store, 'one');
    attempt(store, 'three');
    expect(store.stats()).toMatchObject({ tuples: 2, evictedTuples: 1 });
    expect(attempt(store, 'one')).toMatchObject({ outcome: 'early' });
    expect(attempt(store, 'two')).toMatchObject({ outcome: 'first' });
    attempt(store, 'four', NOW + 14_400);
    expect(store.stats()).toMatchObject({ tuples: 2, evictedTuples: 2 });
  });

  it('a full MemoryStore evicts the least recently used address, and counts it unless it had expired', () => {
    const store = new MemoryStore({ maxTuples: 2, maxAddresses: 2 });
    const white = { type: 'white', at: NOW, expires: NOW + 10, local: true } as const;
    for (const ip of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) change(store, ip, white, { now: NOW });
    expect(store.stats()).toMatchObject({ addresses: 2, evictedAddresses: 1 });
    expect(read(store, '192.0.2.1')).toBeUndefined();
    change(store, '192.0.2.4', { ...white, expires: NOW + 99 }, { now: NOW + 10 });
    expect(store.stats()).toMatchObject({ addresses: 2, evictedAddresses: 1 });
  });

  it('a flood of tuples evicts no white or trapped address', async () => {
    const store = new MemoryStore({ maxTuples: 5000, maxAddresses: 2000 });
    fill(store, 'white', 1000);
    fill(store, 'trapped', 1000);
    const { below } = generator(7);
    const greylist = new Greylist({ store, clock: { now: () => NOW } });
    for (let i = 0; i < 50_000; i++) {
      const ip = `${20 + below(100)}.${below(256)}.${below(256)}.${below(256)}`;
      await greylist.check({ ip, helo: `h${below(1e9)}`, from: `<f${below(1e9)}@x>`, to: `<t${below(1e9)}@y>` });
    }
    expect(store.stats()).toMatchObject({ tuples: 5000, addresses: 2000, evictedTuples: 45_000, evictedAddresses: 0 });
    const attempt = { helo: 'h', from: 'f', to: 't' };
    for (let i = 0; i < 1000; i++) {
      const rest = `0.${i >> 8}.${i & 255}`;
      expect(await greylist.check({ ip: `10.${rest}`, ...attempt })).toMatchObject({ reason: 'white' });
      expect(await greylist.check({ ip: `11.${rest}`, ...attempt })).toMatchObject({ reason: 'trapped' });
    }
    await greylist.close();
  });

  it('a client network that floods a full MemoryStore delays no retry of another', () => {
    const store = new MemoryStore({ maxTuples: 500 });
    const options = (ip: string) => ({ ip, rules: RULES, record: 'always' }) as const;
    const typed = (helo: string) => ({ helo, from: '<a@example.org>', to: '<b@example.net>' });
    const each = (outcome: (ip: string) => void) => {
      for (let i = 0; i < 400; i++) outcome(`10.${i >> 8}.${i & 255}.1`);
    };
    each((ip) => store.update(new AttemptStep(typed('mail'), options(ip)), NOW));
    for (let i = 0; i < 5000; i++) {
      store.update(new AttemptStep(typed(`flood ${i}`), options(`192.0.2.${i & 255}`)), NOW + 1);
    }
    each((ip) => {
      const outcome = store.update(new AttemptStep(typed('mail'), options(ip)), NOW + RULES.passtime + 1);
      expect(outcome).toMatchObject({ outcome: 'promoted' });
    });
  });

  it('traps evict no white address, and white addresses leave room for traps', () => {
    const store = new MemoryStore({ maxAddresses: 800 });
    fill(store, 'white', 600);
    fill(store, 'trapped', 5000);
    expect(store.stats()).toMatchObject({ addresses: 800, evictedAddresses: 4800 });
    const white = { white: [{ at: NOW, expires: NOW + 86_400 }], trapped: [] };
    for (let i = 0; i < 600; i++) expect(read(store, `10.0.${i >> 8}.${i & 255}`)).toMatchObject(white);
    fill(store, 'white', 800);
    // The trap that came last.
    expect(read(store, '11.0.19.135')).toMatchObject({ white: [], trapped: white.white });
    expect(store.stats()).toMatchObject({ addresses: 800, evictedAddresses: 5000 });
  });

  it('a MemoryStore keeps within its bytes, whatever clients type', () => {
    const store = new MemoryStore({ maxTupleBytes: 2 ** 16 });
    for (let i = 0; i < 300; i++) attempt(store, `${i}`.padEnd(1200, 'X'));
    const { tuples, evictedTuples } = store.stats();
    expect(tuples).toBeLessThan(2 ** 16 / 1200);
    expect(tuples).toBeGreaterThan(10);
    expect(tuples + evictedTuples).toBe(300);
  });

  it('a MemoryStore refuses a spamtrap beyond what it holds, and keeps the others', () => {
    const store = new MemoryStore();
    const name = 'x'.repeat(1000);
    const add = () => {
      for (let i = 0; ; i++) store.spamtraps.add(`${i}${name}`);
    };
    expect(add).toThrow(expect.objectContaining({ code: 'ERR_SPAMD_FULL' }));
    const { spamtraps } = store.stats();
    expect(spamtraps * 1003).toBeGreaterThan(2 ** 23 * 0.99);
    expect(store.spamtraps.delete(`0${name}`)).toBe(true);
    store.spamtraps.add(`1${name}`);
    store.spamtraps.add(`new${name.slice(2)}`);
    expect(store.stats()).toMatchObject({ spamtraps });
  });

  it.each(['maxTuples', 'maxAddresses'])(
    'a MemoryStore refuses a bound %s that is no whole number from 1 on',
    (name) => {
      for (const value of [0, -1, 1.5, Number.NaN, 2 ** 24 + 1]) {
        const make = () => new MemoryStore({ [name]: value });
        expect(make).toThrow(SpamdSyncError);
        expect(make).toThrow(`${name}: not a whole number`);
      }
      expect(new MemoryStore({ [name]: 1 }).stats()).toMatchObject({ tuples: 0, addresses: 0 });
    },
  );
});

it.each(['maxTupleBytes', 'maxAddressBytes'])('a MemoryStore refuses %s that are less than 65536', (name) => {
  for (const value of [0, 65_535, 65_536.5, Number.NaN, 2 ** 40 + 1]) {
    expect(() => new MemoryStore({ [name]: value })).toThrow(`${name}: not a whole number 65536..1099511627776`);
  }
});

describe('the records of a MemoryStore', () => {
  it('a MemoryStore lists tuples, addresses and spamtraps, while it is used and changed', async () => {
    const store = new MemoryStore({ maxTuples: 100, maxAddresses: 100 });
    for (const name of ['one', 'two', 'three']) attempt(store, name);
    fill(store, 'white', 3);
    for (const trap of ['a@example.net', 'b@example.net']) store.spamtraps.add(trap);
    const seen: string[] = [];
    for await (const item of store.records()) {
      seen.push(
        item.type === 'tuple' ? (item.key.split('\0')[1] ?? '') : item.type === 'address' ? item.ip : item.address,
      );
      // The least recently used becomes the most recently used, and something else goes.
      attempt(store, 'one');
      store.spamtraps.delete('b@example.net');
    }
    expect(seen).toEqual(['one', 'two', 'three', '10.0.0.0', '10.0.0.1', '10.0.0.2', 'a@example.net']);
  });

  it('a MemoryStore loads copies of records, replaces tuples and merges addresses', async () => {
    const [from, to] = [
      new MemoryStore({ maxTuples: 9, maxAddresses: 9 }),
      new MemoryStore({ maxTuples: 9, maxAddresses: 9 }),
    ];
    attempt(from, 'one');
    fill(from, 'white', 1);
    from.spamtraps.add('a@example.net');
    const records = await everything(from);
    const before = structuredClone(records);
    to.load(records);
    expect(await everything(to)).toEqual(before);
    attempt(to, 'one');
    const trapped = { type: 'trapped', at: NOW, expires: NOW + 5, local: true, trappedBy: '' } as const;
    change(to, '10.0.0.0', trapped, { now: NOW, announced: true });
    expect(records).toEqual(before);
    from.load(await everything(to));
    expect(read(from, '10.0.0.0')).toMatchObject({
      white: [{ at: NOW, expires: NOW + 86_400 }],
      trapped: [{ at: NOW, expires: NOW + 5 }],
      announcedExpires: NOW + 5,
    });
    expect(attempt(from, 'one')).toMatchObject({ blocked: 3 });
  });

  it('a sweep removes expired tuples in many turns of the event loop, while attempts go on', async () => {
    const store = new MemoryStore({ maxTuples: 20_000, maxAddresses: 10 });
    for (let i = 0; i < 5000; i++) attempt(store, `${i}`);
    for (let i = 0; i < 5000; i++) attempt(store, `later ${i}`, NOW + 1);
    const sweeping = sweep(store, NOW + 14_400, false);
    let turns = 0;
    const count = () => {
      turns++;
      counting = setImmediate(count);
    };
    let counting = setImmediate(count);
    const again = attempt(store, 'new', NOW + 14_400);
    expect(again).toMatchObject({ outcome: 'first' });
    expect(await sweeping).toEqual({ removed: 5000, due: [] });
    clearImmediate(counting);
    expect(turns).toBeGreaterThan(3);
    expect(store.stats()).toMatchObject({ tuples: 5001, evictedTuples: 0 });
  });

  it('a sweep brings no more addresses to be announced again than are wanted, and leaves the others due', async () => {
    const store = new MemoryStore({ maxAddresses: 10_000 });
    const record = {
      ...newAddress(NOW),
      white: [{ at: NOW, expires: NOW + 999 }],
      announcedAt: NOW,
      announcedExpires: NOW + 1,
    };
    const ips = Array.from({ length: 4000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
    store.load(ips.map((ip) => ({ type: 'address', ip, record })));
    expect((await sweep(store, NOW + 1, false, 0)).due).toEqual([]);
    const first = await sweep(store, NOW + 1, false, 1);
    expect(first.due).toHaveLength(2000);
    const second = await sweep(store, NOW + 1, false);
    expect([...first.due, ...second.due].map(({ ip }) => ip)).toEqual(ips);
  });

  it('a tuple takes less than 450 bytes, whatever its strings were cut from', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const count = 20_000;
    const store = new MemoryStore({ maxTuples: count, maxAddresses: 1 });
    const greylist = new Greylist({ store, clock: { now: () => NOW } });
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < count; i++) {
      // As a mail program has them: pieces of longer lines.
      const line = `EHLO Mail${i}.example.org MAIL FROM:<user${i}@example.org> RCPT TO:<someone@example.net>${' '.repeat(900)}`;
      const [helo = '', from = '', to = ''] = line.match(/(?<=EHLO )\S+|<\S+>/g) ?? [];
      await greylist.check({ ip: `10.1.${i >> 8}.${i & 255}`, helo, from, to });
    }
    collect();
    const each = (process.memoryUsage().heapUsed - before) / count;
    expect(store.stats().tuples).toBe(count);
    expect(each).toBeLessThan(450);
    await greylist.close();
  });
});
