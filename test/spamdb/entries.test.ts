import { type Entry, Greylist, SyncPeer } from 'spamd-sync';
import {
  type LeftOutReason,
  parseSpamdb,
  type SpamdbRecord,
  type ToEntriesOptions,
  toEntries,
} from 'spamd-sync/spamdb';
import { MemoryNetwork } from 'spamd-sync/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KEY } from '../support/frame.ts';
import { collect } from './helpers.ts';

const NOW = 1_800_000_000;
const DAY = 86_400;
const U32_MAX = 2 ** 32 - 1;
const IP = '192.0.2.1';
const TUPLE = { ip: IP, helo: 'mail.example.org', from: '<A@Example.org>', to: '<b@example.net>' };
const COUNTS = { blocked: 3, passed: 17 };

function white(first: number, pass: number, expires = NOW + 1): SpamdbRecord {
  return { type: 'WHITE', ip: IP, first, pass, expires, ...COUNTS };
}

function grey(first: number, expires = NOW + 1): SpamdbRecord {
  return { type: 'GREY', ...TUPLE, first, pass: expires, expires, ...COUNTS };
}

function trapped(expires: number): SpamdbRecord {
  return { type: 'TRAPPED', ip: IP, expires };
}

const SPAMTRAP: SpamdbRecord = { type: 'SPAMTRAP', address: 'trap@example.net' };

interface Outcome {
  readonly entries: Entry[];
  readonly left: [SpamdbRecord, LeftOutReason][];
}

async function told(records: Iterable<SpamdbRecord>, options: Partial<ToEntriesOptions> = {}): Promise<Outcome> {
  const left: Outcome['left'] = [];
  const onLeftOut: ToEntriesOptions['onLeftOut'] = (record, why) => void left.push([record, why]);
  return { entries: await collect(toEntries(records, { now: NOW, onLeftOut, ...options })), left };
}

describe('the entry of a record', () => {
  it.each<[string, SpamdbRecord, Entry, Partial<ToEntriesOptions>?]>([
    [
      'WHITE, from its last delivery',
      white(NOW - 50, NOW - 20, NOW + 100),
      { type: 'white', ip: IP, timestamp: NOW - 20, expires: NOW + 100 },
    ],
    [
      'WHITE that never passed, from when it was first seen',
      white(NOW - 50, 0),
      { type: 'white', ip: IP, timestamp: NOW - 50, expires: NOW + 1 },
    ],
    [
      'WHITE from the future, by its pass',
      white(NOW - 50, NOW + 1, U32_MAX),
      { type: 'white', ip: IP, timestamp: NOW, expires: U32_MAX },
    ],
    ['WHITE of nothing but zeros', white(0, 0), { type: 'white', ip: IP, timestamp: 0, expires: NOW + 1 }],
    [
      'TRAPPED, from trapexp before its end',
      trapped(NOW + 3600),
      { type: 'trapped', ip: IP, timestamp: NOW + 3600 - DAY, expires: NOW + 3600 },
    ],
    ['TRAPPED just now', trapped(NOW + DAY), { type: 'trapped', ip: IP, timestamp: NOW, expires: NOW + DAY }],
    [
      'TRAPPED for longer than trapexp',
      trapped(NOW + DAY + 1),
      { type: 'trapped', ip: IP, timestamp: NOW, expires: NOW + DAY + 1 },
    ],
    [
      'TRAPPED under another trapexp',
      trapped(NOW + 3600),
      { type: 'trapped', ip: IP, timestamp: NOW - 3600, expires: NOW + 3600 },
      { trapexp: 7200 },
    ],
    [
      'TRAPPED, but not from before 1970',
      trapped(NOW + 1),
      { type: 'trapped', ip: IP, timestamp: 0, expires: NOW + 1 },
      { trapexp: 2 ** 31 },
    ],
    ['GREY, from its first sight', grey(NOW - 50), { type: 'grey', ...TUPLE, timestamp: NOW - 50 }],
    ['GREY first seen now', grey(NOW), { type: 'grey', ...TUPLE, timestamp: NOW }],
    ['GREY from the future', grey(NOW + 1, NOW + 14_401), { type: 'grey', ...TUPLE, timestamp: NOW }],
  ])('toEntries makes an entry of %s', async (_what, record, entry, options = {}) => {
    expect(await told([record], options)).toStrictEqual({ entries: [entry], left: [] });
  });

  it('an entry keeps an address and strings that only some targets may be sent', async () => {
    const records: SpamdbRecord[] = [
      { ...grey(NOW), ip: '2001:db8::1', helo: '"' } as SpamdbRecord,
      { ...trapped(NOW + DAY), ip: '0.0.0.1' } as SpamdbRecord,
    ];
    const { entries } = await told(records);
    expect(entries).toEqual([
      { type: 'grey', ...TUPLE, ip: '2001:db8::1', helo: '"', timestamp: NOW },
      { type: 'trapped', ip: '0.0.0.1', timestamp: NOW, expires: NOW + DAY },
    ]);
  });
});

describe('a record without an entry', () => {
  const network: SpamdbRecord = { type: 'WHITE', ip: '192.0.2.0/24', first: 1, pass: 1, expires: NOW + 1, ...COUNTS };
  const name: SpamdbRecord = { ...grey(NOW), ip: 'example.org' } as SpamdbRecord;

  it.each<[string, SpamdbRecord, LeftOutReason]>([
    ['WHITE that ends now', white(1, 1, NOW), 'expired'],
    ['GREY that ends now', grey(1, NOW), 'expired'],
    ['TRAPPED that ends now', trapped(NOW), 'expired'],
    ['TRAPPED without an end', trapped(0), 'expired'],
    ['WHITE of a network', network, 'pool'],
    ['GREY of a name', name, 'pool'],
    ['SPAMTRAP', SPAMTRAP, 'spamtrap'],
    ['DOMAIN of a greyd', { type: 'DOMAIN', domain: 'example.net' }, 'domain'],
  ])('toEntries leaves out %s', async (_what, record, why) => {
    expect(await told([record])).toEqual({ entries: [], left: [[record, why]] });
    expect(await collect(toEntries([record], { now: NOW }))).toEqual([]);
  });

  it('a record that is left out does not end the others, which keep their order', async () => {
    const { entries, left } = await told([SPAMTRAP, white(1, 1), trapped(NOW), grey(5), trapped(NOW + 1), network]);
    expect(entries.map(({ type }) => type)).toEqual(['white', 'grey', 'trapped']);
    expect(left.map(([, why]) => why)).toEqual(['spamtrap', 'expired', 'pool']);
  });

  it('an onLeftOut that throws ends the entries', async () => {
    const onLeftOut = (): never => {
      throw new RangeError('enough');
    };
    await expect(told([white(1, 1), SPAMTRAP], { onLeftOut })).rejects.toThrow(new RangeError('enough'));
  });
});

describe('toEntries', () => {
  it('toEntries floors a time with a fraction', async () => {
    const { entries, left } = await told([white(NOW, NOW + 1), trapped(NOW)], { now: NOW + 0.9 });
    expect(entries).toEqual([{ type: 'white', ip: IP, timestamp: NOW, expires: NOW + 1 }]);
    expect(left).toEqual([[trapped(NOW), 'expired']]);
  });

  it.each<[string, object]>([
    ['now', {}],
    ['now', { now: NOW * 1000 }],
    ['now', { now: -1 }],
    ['now', { now: Number.NaN }],
    ['now', { now: new Date() }],
    ['trapexp', { now: NOW, trapexp: 0 }],
    ['trapexp', { now: NOW, trapexp: 0.5 }],
    ['trapexp', { now: NOW, trapexp: 2 ** 31 + 1 }],
    ['trapexp', { now: NOW, trapexp: '86400' }],
    ['onLeftOut', { now: NOW, onLeftOut: 'throw' }],
  ])('toEntries refuses an invalid %s at once: %o', (name, options) => {
    expect(() => toEntries([], options as ToEntriesOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_SPAMD_OPTION', message: expect.stringMatching(`^${name}: `) }),
    );
  });

  it.each([{ now: 0 }, { now: U32_MAX }, { trapexp: 1 }, { trapexp: 2 ** 31 }])(
    'toEntries accepts the bound %o',
    async (options) => {
      expect(await told([SPAMTRAP], options)).toMatchObject({ left: [[SPAMTRAP, 'spamtrap']] });
    },
  );

  it('toEntries refuses a record of an unknown type', async () => {
    const wrong = { type: 'BLACK', ip: IP, expires: 1 } as unknown as SpamdbRecord;
    await expect(told([SPAMTRAP, wrong])).rejects.toMatchObject({ code: 'ERR_SPAMD_FIELD', field: 'type', index: 1 });
  });

  it('toEntries asks for a record only when an entry is wanted, and closes the source when none is any more', async () => {
    const asked: number[] = [];
    let closed = false;
    function* source(): Iterable<SpamdbRecord> {
      try {
        for (let at = 0; at < 5; at++) {
          asked.push(at);
          yield trapped(NOW + 1 + at);
        }
      } finally {
        closed = true;
      }
    }
    const entries = toEntries(source(), { now: NOW });
    expect(asked).toEqual([]);
    for await (const { type } of entries) {
      expect(type).toBe('trapped');
      if (asked.length === 2) break;
    }
    expect({ asked, closed }).toEqual({ asked: [0, 1], closed: true });
  });

  it('toEntries lets the event loop turn, also while everything is left out', async () => {
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    function* source(): Iterable<SpamdbRecord> {
      for (let at = 0; at < 5000; at++) yield SPAMTRAP;
      expect(turned).toBe(true);
    }
    expect((await told(source())).left).toHaveLength(5000);
  });
});

/** Two hosts of a group: one knows something, the other has just been set up. */
async function twoHosts() {
  const network = new MemoryNetwork({ start: NOW });
  const { clock } = network;
  const open = (address: string, listen: string | false) =>
    SyncPeer.open({ key: KEY, listen, transport: network.transport(address), clock });
  const oldPeer = await open('192.0.2.101', false);
  const newPeer = await open('192.0.2.102', '192.0.2.102');
  const policy = { trapexp: 2 * DAY };
  const oldMx = new Greylist({ clock, policy });
  const newMx = new Greylist({ clock, policy, group: newPeer });
  onTestFinished(async () => {
    for (const one of [oldMx, newMx, oldPeer, newPeer]) await one.close();
  });
  const seed = async (records: Iterable<SpamdbRecord> | AsyncIterable<SpamdbRecord>) => {
    const entries = toEntries(records, { now: clock.now(), trapexp: policy.trapexp });
    const report = await oldPeer.seed(entries, { to: '192.0.2.102', rate: 10_000 });
    await network.settle();
    return report;
  };
  return { network, oldMx, newMx, newPeer, seed };
}

/** Each record by what decides over a client: not how often it came. */
async function states(greylist: Greylist): Promise<string[]> {
  const all = (await collect(greylist.export())).map((record) => {
    if (record.type === 'SPAMTRAP') return `SPAMTRAP ${record.address}`;
    if (record.type === 'DOMAIN') return `DOMAIN ${record.domain}`;
    if (record.type !== 'GREY') return `${record.type} ${record.ip} ${record.expires}`;
    return `GREY ${record.ip} ${record.helo} ${record.from} ${record.to} ${record.first} ${record.expires}`;
  });
  return all.sort();
}

describe('a greylist that is seeded to a new host', () => {
  it('a greylist that is seeded to a new host is the same there: who is white, who is trapped, and which tuples are waiting', async () => {
    const { network, oldMx, newMx, newPeer, seed } = await twoHosts();
    await oldMx.spamtraps.add('trap@example.net');
    await oldMx.check({ ...TUPLE, ip: '198.51.100.1' });
    await oldMx.allow('198.51.100.2');
    await oldMx.trap('198.51.100.3', { expires: NOW + 5 * DAY });
    await oldMx.trap('198.51.100.4', { expires: NOW + 60 });
    await network.advance(1600);
    expect(await oldMx.check({ ...TUPLE, ip: '198.51.100.1' })).toMatchObject({ action: 'pass' });
    expect(await oldMx.check({ ...TUPLE, ip: '198.51.100.5', to: '<trap@example.net>' })).toMatchObject({
      action: 'reject',
    });
    for (let last = 1; last <= 200; last++) await oldMx.check({ ...TUPLE, ip: `203.0.113.${last}` });
    await oldMx.trap('198.51.100.2');
    await network.advance(900);
    await oldMx.allow('198.51.100.3');
    await oldMx.check({ ...TUPLE, ip: '198.51.100.1', to: '<c@example.net>' });
    const known = (await states(oldMx)).filter((line) => !line.startsWith('SPAMTRAP'));
    expect(known.filter((line) => !line.startsWith('GREY'))).toEqual([
      expect.stringMatching(/^TRAPPED 198\.51\.100\.2 /),
      expect.stringMatching(/^TRAPPED 198\.51\.100\.5 /),
      expect.stringMatching(/^WHITE 198\.51\.100\.1 /),
      expect.stringMatching(/^WHITE 198\.51\.100\.3 /),
    ]);

    const report = await seed(oldMx.export());

    expect(report).toMatchObject({ entries: 205, aborted: false, targets: [{ sent: 205, failed: 0 }] });
    expect(await states(newMx)).toEqual(known);
    expect(newPeer.stats().drops.stale).toBe(0);
    // A waiting tuple may pass when the old host would have let it.
    await network.advance(700);
    const late = { ...TUPLE, ip: '203.0.113.7' };
    expect(await newMx.check(late)).toMatchObject({ action: 'pass', reason: 'retry' });
  });

  it('a record from the future is seeded as one from now', async () => {
    const { newMx, newPeer, seed } = await twoHosts();
    await seed([grey(NOW + DAY, NOW + DAY + 14_400), trapped(NOW + 3600)]);
    expect(newPeer.stats().drops.stale).toBe(0);
    expect(await states(newMx)).toEqual([
      `GREY ${IP} ${TUPLE.helo} ${TUPLE.from} ${TUPLE.to} ${NOW} ${NOW + 14_400}`,
      `TRAPPED ${IP} ${NOW + 3600}`,
    ]);
  });

  it('a seed leaves out the lines of a spamdb that kept no HELO, and its report counts them', async () => {
    const { newMx, seed } = await twoHosts();
    const numbers = `${NOW}|${NOW + 14_400}|${NOW + 14_400}|1|0`;
    const dump = `GREY|198.51.100.1|<a@example.org>|<b@example.net>|${numbers}\nTRAPPED|198.51.100.2|${NOW + 60}\n`;
    expect(await collect(toEntries(parseSpamdb(dump), { now: NOW }))).toMatchObject([
      { type: 'grey', helo: '', from: '<a@example.org>', to: '<b@example.net>' },
      { type: 'trapped' },
    ]);

    const report = await seed(parseSpamdb(dump));

    expect(report).toMatchObject({ entries: 2, skipped: { empty: 1, address: 0 }, targets: [{ sent: 1 }] });
    expect(await states(newMx)).toEqual([`TRAPPED 198.51.100.2 ${NOW + 60}`]);
  });
});

describe('a greylist that pools its clients', () => {
  it('a greylist that pools its clients is seeded with single addresses alone', async () => {
    await using greylist = new Greylist({ clock: { now: () => NOW }, policy: { subnet: { ipv4: 24 } } });
    await greylist.allow('198.51.100.1');
    await greylist.trap('198.51.100.2');
    const left: string[] = [];
    const options: ToEntriesOptions = {
      now: NOW,
      onLeftOut: (record, why) => void left.push(`${why} ${'ip' in record && record.ip}`),
    };
    const entries = await collect(toEntries(greylist.export(), options));
    expect(entries.map(({ ip }) => ip)).toEqual(['198.51.100.2']);
    expect(left).toEqual(['pool 198.51.100.0/24']);
  });
});
