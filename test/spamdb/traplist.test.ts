import { Greylist } from 'spamd-sync';
import { exportTraplist, parseAddressList, type SpamdbRecord } from 'spamd-sync/spamdb';
import { describe, expect, it } from 'vitest';
import { collect, text } from './helpers.ts';

const NOW = 1_800_000_000;
const WHEN = '2027-01-15T08:00:00Z';

function trapped(...addresses: string[]): SpamdbRecord[] {
  return addresses.map((ip) => ({ type: 'TRAPPED', ip, expires: NOW + 1 }));
}

describe('exportTraplist', () => {
  it('exportTraplist lists addresses in numerical order, each once, IPv4 first', async () => {
    const records = trapped(
      '2001:db8::10',
      '192.0.2.10',
      '::1:0:0:0',
      '192.0.2.9',
      '9.255.255.255',
      '2001:db8::9',
      '223.255.255.255',
      '192.0.2.10',
      '2001:0DB8::9',
      '::ffff',
    );
    expect(await text(exportTraplist(records, { now: NOW }))).toBe(
      [
        `# ${WHEN}: 8 trapped addresses`,
        '9.255.255.255',
        '192.0.2.9',
        '192.0.2.10',
        '223.255.255.255',
        '::ffff',
        '::1:0:0:0',
        '2001:db8::9',
        '2001:db8::10',
        '',
      ].join('\n'),
    );
  });

  it('exportTraplist lists the networks of IPv6 clients, which parseAddressList reads', async () => {
    await using greylist = new Greylist({ clock: { now: () => NOW } });
    for (const ip of ['2001:db8:0:10::1', '2001:db8:0:9::1', '192.0.2.1']) await greylist.trap(ip);
    const list = await text(exportTraplist(greylist.export(), { now: NOW }));
    expect(list.split('\n').slice(1)).toEqual(['192.0.2.1', '2001:db8:0:9::/64', '2001:db8:0:10::/64', '']);
    expect(await collect(parseAddressList(list))).toMatchObject([{ prefix: 32 }, { prefix: 64 }, { prefix: 64 }]);
  });

  it('exportTraplist lists what is trapped now, and nothing else', async () => {
    const numbers = { first: 1, pass: 1, expires: NOW + 100, blocked: 0, passed: 0 };
    const records: SpamdbRecord[] = [
      { type: 'TRAPPED', ip: '192.0.2.1', expires: NOW },
      { type: 'TRAPPED', ip: '192.0.2.2', expires: NOW + 1 },
      { type: 'WHITE', ip: '192.0.2.3', ...numbers },
      { type: 'GREY', ip: '192.0.2.4', helo: 'h', from: '<>', to: '<a@b>', ...numbers },
      { type: 'SPAMTRAP', address: 'trap@example.net' },
    ];
    expect(await text(exportTraplist(records, { now: NOW + 0.9 }))).toBe(`# ${WHEN}: 1 trapped address\n192.0.2.2\n`);
    expect(await text(exportTraplist([], { now: NOW }))).toBe(`# ${WHEN}: 0 trapped addresses\n`);
  });

  it('exportTraplist takes what a greylist lists, and can be read again', async () => {
    await using greylist = new Greylist({ clock: { now: () => NOW } });
    await greylist.trap('192.0.2.200');
    await greylist.trap('192.0.2.30');
    await greylist.allow('192.0.2.4');
    const list = exportTraplist(greylist.export(), { now: NOW });
    expect((await collect(parseAddressList(list))).map(({ address }) => address)).toEqual([
      '192.0.2.30',
      '192.0.2.200',
    ]);
  });

  it('exportTraplist writes in chunks, and lets the event loop turn while it reads', async () => {
    let turned = 0;
    const turn = (): void => {
      turned++;
      if (turned < 100) setImmediate(turn);
    };
    setImmediate(turn);
    function* many(): Iterable<SpamdbRecord> {
      for (let at = 0; at < 20_000; at++) yield* trapped(`10.0.${at >> 8}.${at & 255}`);
      expect(turned).toBeGreaterThanOrEqual(4);
      for (let at = 0; at < 5000; at++) yield* trapped(`2001:db8::${at.toString(16)}`);
    }
    const chunks = await collect(exportTraplist(many(), { now: NOW }));
    expect(chunks.length).toBeGreaterThanOrEqual(7);
    expect(chunks[0]).toBe(`# ${WHEN}: 25000 trapped addresses\n`);
    const expected = [...many()].map((record) => 'ip' in record && record.ip);
    expect(chunks.slice(1).join('').split('\n')).toEqual([
      ...expected.slice(0, 20_000),
      '2001:db8::',
      ...expected.slice(20_001),
      '',
    ]);
  });

  it('exportTraplist refuses a time that is not in seconds, and what is not an address', async () => {
    for (const now of [NOW * 1000, -1, Number.NaN]) {
      expect(() => exportTraplist([], { now })).toThrow(expect.objectContaining({ code: 'ERR_SPAMD_OPTION' }));
    }
    const records = [...trapped('192.0.2.1'), ...trapped('example.org')];
    await expect(text(exportTraplist(records, { now: NOW }))).rejects.toMatchObject({
      code: 'ERR_SPAMD_FIELD',
      field: 'ip',
      index: 1,
    });
  });

  it('a record that is not an address costs itself alone where exportTraplist has an onBadRecord', async () => {
    const errors: unknown[] = [];
    const records = [...trapped('example.org', '192.0.2.1', '192.0.2.0/24', 'a|b'), null] as SpamdbRecord[];
    const list = exportTraplist(records, { now: NOW, onBadRecord: ({ field, index }) => errors.push([field, index]) });
    expect(await text(list)).toBe(`# ${WHEN}: 1 trapped address\n192.0.2.1\n`);
    expect(errors).toEqual([
      ['ip', 0],
      ['ip', 2],
      ['ip', 3],
      ['record', 4],
    ]);
  });
});
