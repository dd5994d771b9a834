import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type AttemptStep, Greylist, MemoryStore, type Rules, SpamdSyncError, type StoreRecord } from 'spamd-sync';
import { describe, expect, it } from 'vitest';
import { generator } from '../support/random.ts';

const NOW = 1_800_000_000;
const RULES: Rules = { passtime: 1500, greyexp: 14_400, whiteexp: 3_110_400, trapWins: false, renewal: 311_040 };

function step(name: string, more: Partial<AttemptStep> = {}): AttemptStep {
  const ip = more.ip ?? '192.0.2.1';
  const known = { ip, key: `${ip}\0${name}`, spelled: () => undefined, to: () => name };
  return { ...known, at: NOW, now: NOW, rules: RULES, own: true, record: 'always', ...more };
}

/** Claims that hold for a day. */
function fill(store: MemoryStore, type: 'white' | 'trapped', count: number): void {
  for (let i = 0; i < count; i++) {
    const ip = `${type === 'white' ? 10 : 11}.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
    const change = { type, ip, at: NOW, until: NOW + 86_400, own: true, by: '' } as const;
    store.mergeAddress(change, { now: NOW, announced: false });
  }
}

async function everything(store: MemoryStore): Promise<StoreRecord[]> {
  const records: StoreRecord[] = [];
  for await (const record of store.entries()) records.push(record);
  return records;
}

describe('the bounds', () => {
  it('let go of the tuple that was not seen for longest, and count it if it was alive', () => {
    const store = new MemoryStore({ maxTuples: 2, maxAddresses: 2 });
    store.recordAttempt(step('one'));
    store.recordAttempt(step('two'));
    store.recordAttempt(step('one'));
    store.recordAttempt(step('three'));
    expect(store.stats()).toMatchObject({ tuples: 2, evictedTuples: 1 });
    expect(store.recordAttempt(step('one'))).toMatchObject({ step: 'early' });
    expect(store.recordAttempt(step('two'))).toMatchObject({ step: 'first' });
    const later = { at: NOW + 14_400, now: NOW + 14_400 };
    store.recordAttempt(step('four', later));
    expect(store.stats()).toMatchObject({ tuples: 2, evictedTuples: 2 });
  });

  it('let go of the address that was not used for longest, and count it if it still held', () => {
    const store = new MemoryStore({ maxTuples: 2, maxAddresses: 2 });
    const change = { type: 'white', at: NOW, until: NOW + 10, own: true, by: '' } as const;
    for (const ip of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) {
      store.mergeAddress({ ...change, ip }, { now: NOW, announced: false });
    }
    expect(store.stats()).toMatchObject({ addresses: 2, evictedAddresses: 1 });
    expect(store.address('192.0.2.1')).toBeUndefined();
    store.mergeAddress({ ...change, ip: '192.0.2.4', until: NOW + 99 }, { now: NOW + 10, announced: false });
    expect(store.stats()).toMatchObject({ addresses: 2, evictedAddresses: 1 });
  });

  it('keep every white and trapped address through a flood of tuples', async () => {
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

  it.each(['maxTuples', 'maxAddresses'])('of %s are whole numbers', (name) => {
    for (const value of [0, -1, 1.5, Number.NaN, 2 ** 24 + 1]) {
      const make = () => new MemoryStore({ [name]: value });
      expect(make).toThrow(SpamdSyncError);
      expect(make).toThrow(`${name}: not a whole number`);
    }
    expect(new MemoryStore({ [name]: 1 }).stats()).toMatchObject({ tuples: 0, addresses: 0 });
  });
});

describe('what it holds', () => {
  it('is listed as tuples, addresses, spamtraps, while it is used and changed', async () => {
    const store = new MemoryStore({ maxTuples: 100, maxAddresses: 100 });
    for (const name of ['one', 'two', 'three']) store.recordAttempt(step(name));
    fill(store, 'white', 3);
    for (const trap of ['a@example.net', 'b@example.net']) store.spamtraps.add(trap);
    const seen: string[] = [];
    for await (const item of store.entries()) {
      seen.push(
        item.type === 'tuple' ? (item.key.split('\0')[1] ?? '') : item.type === 'address' ? item.ip : item.address,
      );
      // The least recently used becomes the most recently used, and something else goes.
      store.recordAttempt(step('one'));
      store.spamtraps.delete('b@example.net');
    }
    expect(seen).toEqual(['one', 'two', 'three', '10.0.0.0', '10.0.0.1', '10.0.0.2', 'a@example.net']);
  });

  it('is loaded as copies: tuples replaced, addresses merged', async () => {
    const [from, to] = [
      new MemoryStore({ maxTuples: 9, maxAddresses: 9 }),
      new MemoryStore({ maxTuples: 9, maxAddresses: 9 }),
    ];
    from.recordAttempt(step('one'));
    fill(from, 'white', 1);
    from.spamtraps.add('a@example.net');
    const records = await everything(from);
    const before = structuredClone(records);
    to.load(records);
    expect(await everything(to)).toEqual(before);
    to.recordAttempt(step('one'));
    to.mergeAddress(
      { type: 'trapped', ip: '10.0.0.0', at: NOW, until: NOW + 5, own: true, by: '' },
      { now: NOW, announced: true },
    );
    expect(records).toEqual(before);
    from.load(await everything(to));
    expect(from.address('10.0.0.0')).toMatchObject({
      white: [{ at: NOW, until: NOW + 86_400 }],
      trapped: [{ at: NOW, until: NOW + 5 }],
      announcedUntil: NOW + 5,
    });
    expect(from.recordAttempt(step('one', { ip: '192.0.2.1' }))).toMatchObject({ blocked: 3 });
  });

  it('goes when it has expired, while traffic goes on', async () => {
    const store = new MemoryStore({ maxTuples: 20_000, maxAddresses: 10 });
    for (let i = 0; i < 5000; i++) store.recordAttempt(step(`${i}`));
    for (let i = 0; i < 5000; i++) store.recordAttempt(step(`later ${i}`, { at: NOW + 1, now: NOW + 1 }));
    const sweeping = store.sweep({ now: NOW + 14_400, trapWins: false });
    let turns = 0;
    const count = () => {
      turns++;
      counting = setImmediate(count);
    };
    let counting = setImmediate(count);
    const again = store.recordAttempt(step('new', { at: NOW + 14_400, now: NOW + 14_400 }));
    expect(again).toMatchObject({ step: 'first' });
    expect(await sweeping).toEqual({ removed: 5000, due: [] });
    clearImmediate(counting);
    expect(turns).toBeGreaterThan(3);
    expect(store.stats()).toMatchObject({ tuples: 5001, evictedTuples: 0 });
  });

  it('takes a few hundred bytes a tuple, whatever its strings were cut from', async () => {
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
