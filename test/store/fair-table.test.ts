import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairTable, type FairTableOptions } from '../../src/store/fair-table.ts';

interface Sized {
  bytes: number;
  isTrap?: boolean;
}

function tableOf(options: Partial<FairTableOptions<Sized>> = {}): { table: FairTable<Sized>; evicted: number[] } {
  const evicted: number[] = [];
  const table = new FairTable<Sized>({
    max: 1000,
    maxBytes: 1e6,
    sizeOf: ({ bytes }) => bytes,
    overwrite: (record, by) => Object.assign(record, by),
    onEvicted: ({ bytes }) => evicted.push(bytes),
    ...options,
  });
  return { table, evicted };
}

function put(table: FairTable<Sized>, ip: string, name: string, record: Sized | null = { bytes: 100 }): void {
  table.put(`${ip} ${name}`, ip, record);
}

function keysOf(table: FairTable<Sized>): string[] {
  return [...table.slices()].flatMap(({ items }) => items.map(([key]) => key));
}

describe('FairTable', () => {
  it('in a full table the network that holds the most makes room by its record longest unused', () => {
    const { table } = tableOf({ max: 60 });
    for (let i = 0; i < 50; i++) put(table, `192.0.2.${i}`, 'flood');
    for (let i = 0; i < 10; i++) put(table, `198.51.${i}.1`, 'mail');
    table.find('192.0.2.0 flood');
    put(table, '203.0.113.1', 'mail');
    expect(table.size).toBe(60);
    const others = Array.from({ length: 48 }, (_, i) => `192.0.2.${i + 2} flood`);
    const mail = Array.from({ length: 10 }, (_, i) => `198.51.${i}.1 mail`);
    expect(keysOf(table)).toEqual(['192.0.2.0 flood', ...others, ...mail, '203.0.113.1 mail']);
  });

  it('a network that floods a full table pushes out only its own records', () => {
    const { table } = tableOf({ max: 100 });
    for (let i = 0; i < 90; i++) put(table, `198.51.${i}.1`, 'mail');
    for (let i = 0; i < 1000; i++) put(table, '192.0.2.1', `${i}`);
    expect(keysOf(table).filter((key) => key.endsWith('mail'))).toHaveLength(90);
    expect(keysOf(table).filter((key) => !key.endsWith('mail'))).toEqual(
      Array.from({ length: 10 }, (_, i) => `192.0.2.1 ${990 + i}`),
    );
  });

  it('a network with one record finds room in a table full of networks with one record, the longest unused going', () => {
    const { table } = tableOf({ max: 3 });
    for (const at of [1, 2, 3]) put(table, `198.51.${at}.1`, 'mail');
    table.find('198.51.1.1 mail');
    put(table, '203.0.113.1', 'mail');
    expect(keysOf(table)).toEqual(['198.51.1.1 mail', '198.51.3.1 mail', '203.0.113.1 mail']);
  });

  it('bytes are bounded as the number of records is', () => {
    const { table, evicted } = tableOf({ maxBytes: 10_000 });
    for (let i = 0; i < 5; i++) put(table, `198.51.${i}.1`, 'mail');
    for (let i = 0; i < 20; i++) put(table, '192.0.2.1', `${i}`, { bytes: 2000 });
    expect(table.bytes).toBeLessThanOrEqual(10_000);
    expect(keysOf(table).filter((key) => key.endsWith('mail'))).toHaveLength(5);
    expect(evicted).toEqual(Array.from({ length: 16 }, () => 2000));
  });

  it('a record that grows makes room for itself', () => {
    const { table, evicted } = tableOf({ maxBytes: 10_000 });
    for (let i = 0; i < 5; i++) put(table, '192.0.2.1', `${i}`, { bytes: 2000 });
    put(table, '198.51.100.1', 'mail', { bytes: 100 });
    put(table, '192.0.2.1', '4', { bytes: 4000 });
    // The keys count, too.
    expect(table.bytes).toBe(8100 + 3 * 11 + 17);
    expect(evicted).toEqual([2000, 2000]);
    expect(keysOf(table)).toEqual(['192.0.2.1 2', '192.0.2.1 3', '192.0.2.1 4', '198.51.100.1 mail']);
  });

  it('a record that is larger than the table is not kept, and costs no other', () => {
    const { table, evicted } = tableOf({ maxBytes: 10_000 });
    put(table, '192.0.2.1', 'small');
    put(table, '192.0.2.2', 'large', { bytes: 10_001 });
    expect(keysOf(table)).toEqual(['192.0.2.1 small']);
    expect(evicted).toEqual([10_001]);
    put(table, '192.0.2.1', 'small', { bytes: 10_001 });
    expect([table.size, table.bytes]).toEqual([0, 0]);
  });

  it('records that yield never push out one that does not, and an eighth of the table is theirs alone', () => {
    const { table } = tableOf({ max: 80, yields: ({ isTrap }) => isTrap === true });
    const count = (name: string) => keysOf(table).filter((key) => key.endsWith(name)).length;
    for (let i = 0; i < 100; i++) put(table, `198.51.${i}.1`, 'white');
    expect(count('white')).toBe(70);
    for (let i = 0; i < 100; i++) put(table, `192.0.${i}.1`, 'trap', { bytes: 100, isTrap: true });
    expect([count('white'), count('trap')]).toEqual([70, 10]);
    for (let i = 0; i < 50; i++) put(table, `198.51.${i + 30}.1`, 'white', null);
    for (let i = 0; i < 100; i++) put(table, `192.0.${i}.1`, 'trap', { bytes: 100, isTrap: true });
    expect([count('white'), count('trap')]).toEqual([20, 60]);
    for (let i = 0; i < 100; i++) put(table, `203.0.${i}.1`, 'white');
    expect([count('white'), count('trap')]).toEqual([70, 10]);
  });

  it('a record that no longer yields is as safe as the others that do not', () => {
    const { table } = tableOf({ max: 8, yields: ({ isTrap }) => isTrap === true });
    put(table, '192.0.2.1', 'a', { bytes: 100, isTrap: true });
    put(table, '192.0.2.1', 'a', { bytes: 100, isTrap: false });
    for (let i = 0; i < 100; i++) put(table, `198.51.${i}.1`, 'trap', { bytes: 100, isTrap: true });
    expect(keysOf(table)).toHaveLength(8);
    expect(keysOf(table)).toContain('192.0.2.1 a');
  });

  it('records go no other way than by being removed or pushed out, whatever is done', () => {
    const change = fc.record({
      host: fc.nat(6),
      name: fc.nat(4),
      bytes: fc.integer({ min: 1, max: 3000 }),
      isTrap: fc.boolean(),
      what: fc.constantFrom('put', 'put', 'put', 'find', 'remove'),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        let out = 0;
        const kept = new Map<string, number>();
        const { table } = tableOf({
          max: 9,
          maxBytes: 10_000,
          yields: ({ isTrap }) => isTrap === true,
          onEvicted: () => out++,
        });
        for (const { host, name, bytes, isTrap, what } of changes) {
          const ip = `192.0.${host}.1`;
          const key = `${ip} ${name}`;
          const before = keysOf(table);
          out = 0;
          if (what === 'find') expect(table.find(key) !== undefined).toBe(kept.has(key));
          else put(table, ip, `${name}`, what === 'put' ? { bytes, isTrap } : null);
          if (what === 'put') kept.set(key, bytes + key.length);
          else if (what === 'remove') kept.delete(key);
          const keys = keysOf(table);
          expect(kept.size - keys.length).toBe(out);
          for (const each of before) if (!keys.includes(each)) kept.delete(each);
          if (!keys.includes(key)) kept.delete(key);
          expect([...keys].sort()).toEqual([...kept.keys()].sort());
          expect(table.bytes).toBe([...kept.values()].reduce((sum, each) => sum + each, 0));
          expect(table.size).toBe(kept.size);
          expect(table.size).toBeLessThanOrEqual(9);
          expect(table.bytes).toBeLessThanOrEqual(10_000);
        }
      }),
    );
  });
});
