import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ADDRESSES, addressBound } from '../../src/level/contents.ts';
import type { Database } from '../../src/level/database.ts';
import { ABSENT, Table } from '../../src/level/table.ts';
import { Writer } from '../../src/level/writer.ts';
import type { AddressRecord } from '../../src/rules/address.ts';
import { evidenceOf } from '../../src/rules/evidence.ts';
import { address, NOW } from '../support/records.ts';

const IP = '192.0.2.1';
const RECORD = address({ white: [{ at: NOW, expires: NOW + 1000 }] });

/** A table over an empty disk, which answers a look-up when the test lets it. */
class Rig {
  readonly table: Table<AddressRecord>;
  /** The look-ups that were not answered yet. */
  readonly asked: (() => void)[] = [];

  constructor(cacheSize = 2 ** 20) {
    const get = (): Promise<undefined> => new Promise((found) => void this.asked.push(() => found(undefined)));
    const writer = new Writer({
      sources: [],
      write: async () => {},
      recover: async () => {},
      clock: systemClock,
      maxLossMs: undefined,
    });
    const bound = addressBound(2 ** 20);
    this.table = new Table(ADDRESSES, { get } as unknown as Database, () => writer, { count: 0, cacheSize, bound });
  }

  /** What is in memory and changed goes to the disk, and may be forgotten. */
  write(): void {
    this.table.begin();
    this.table.end(true);
  }
}

describe('the table of one kind of records', () => {
  it('keeps what is added while an earlier look-up of its key is under way', async () => {
    const { table, asked } = new Rig();
    const earlier = table.fetch(IP);
    // All that is on the disk is known meanwhile, so that another need not look.
    table.completed(0, true);
    expect(table.get(IP)).toBe(ABSENT);
    table.put(IP, RECORD);
    for (const found of asked) found();
    await earlier;
    expect(table.get(IP)).toBe(RECORD);
  });

  it('keeps no more in memory than its cache takes when records grow that are there', () => {
    const rig = new Rig(2 ** 17);
    rig.table.completed(0, true);
    const ips = Array.from({ length: 100 }, (_, i) => `192.0.2.${i}`);
    for (const ip of ips) rig.table.put(ip, address(RECORD));
    const by = 'x'.repeat(255);
    const evidence = [1, 2, 3, 4].map((time) => evidenceOf('operator', time, { by, connectedTo: by }));
    for (const ip of ips) rig.table.put(ip, address({ ...RECORD, evidence }));
    rig.write();
    const kept = ips.filter((ip) => rig.table.get(ip) !== undefined);
    const size = ADDRESSES.heapSizeOf(IP, address({ ...RECORD, evidence }));
    expect(kept.length * size).toBeLessThanOrEqual(2 ** 17);
    expect(kept.length).toBeGreaterThan(10);
  });
});
