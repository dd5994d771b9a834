import type { Entry, SkipReason, Tuple } from 'spamd-sync';
import { describe, expect, it } from 'vitest';
import { NOW, openRig, type Rig } from '../support/rig.ts';

const BOTH = ['mx', { host: 'gr', dialect: 'greyd' }] as const;
const TUPLE: Tuple = { ip: '203.0.113.9', helo: 'mx', from: '<a@example.org>', to: '<b@example.net>' };

/** What a spamd and a greyd are sent of a tuple: the entry without what they share, or why not. */
async function sentOf(tuple: Partial<Tuple>): Promise<[spamd: object | undefined, greyd: object | undefined]> {
  const { peer, transport } = await openRig({ targets: BOTH });
  const report = await peer.grey({ ...TUPLE, ...tuple });
  const of = (index: number, dialect: string) => {
    const [entry] = transport.link(index).entries.flat();
    if (entry?.type === 'grey') {
      const changed = (['helo', 'from', 'to'] as const).filter((field) => tuple[field] !== undefined);
      return Object.fromEntries(changed.map((field) => [field, entry[field]]));
    }
    return report.skipped.find((skipped) => skipped.dialect === dialect)?.why;
  };
  return [of(0, 'spamd') as object, of(1, 'greyd') as object];
}

describe('the form of a tuple', () => {
  it.each<[Partial<Tuple>, object | SkipReason, object | SkipReason]>([
    [{ from: '<User@Example.org>' }, { from: '<User@Example.org>' }, { from: 'user@example.org' }],
    [{ from: 'User@Example.org' }, { from: '<User@Example.org>' }, { from: 'user@example.org' }],
    [{ to: '<ÄZ@Example.NET>' }, { to: '<ÄZ@Example.NET>' }, { to: 'Äz@example.net' }],
    [{ to: 'a@z' }, { to: '<a@z>' }, { to: 'a@z' }],
    [{ from: '<a@z' }, { from: '<a@z' }, { from: 'a@z' }],
    [{ from: 'a@z>' }, { from: 'a@z>' }, { from: 'a@z' }],
    [{ helo: 'MX.Example.org' }, { helo: 'MX.Example.org' }, { helo: 'MX.Example.org' }],
    [{ from: '<>' }, { from: '<>' }, { from: '<>' }],
    [{ from: '' }, { from: '<>' }, { from: '<>' }],
    [{ from: '""' }, { from: '<"">' }, { from: '<>' }],
    [{ from: '<"a b"@z>' }, { from: '<"a b"@z>' }, { from: 'a b@z' }],
    [
      { from: '<a\\@z>', to: '"b"\\@y' },
      { from: '<a\\@z>', to: '<"b"\\@y>' },
      { from: 'a@z', to: 'b@y' },
    ],
    [{ helo: 'a"b' }, { helo: 'a"b' }, 'unsafe'],
    [{ helo: 'a\\' }, { helo: 'a\\' }, 'unsafe'],
    [{ helo: '' }, 'empty', 'empty'],
    [{ to: '' }, 'empty', 'empty'],
    [{ to: '<>' }, 'empty', 'empty'],
    [{ to: '"' }, { to: '<">' }, 'empty'],
  ])('%j: spamd %j, greyd %j', async (tuple, spamd, greyd) => {
    expect(await sentOf(tuple)).toEqual([spamd, greyd]);
  });

  it.each(['helo', 'from', 'to'] as const)('%s of 256 bytes is sent to greyd, of 257 it is unsafe', async (field) => {
    for (const unit of ['x', 'é']) {
      const text = (bytes: number) =>
        unit === 'x' ? 'x'.repeat(bytes) : `${'é'.repeat(bytes >> 1)}${bytes % 2 ? 'x' : ''}`;
      for (const bytes of [255, 256])
        expect((await sentOf({ [field]: text(bytes) }))[1]).toEqual({ [field]: text(bytes) });
      const [spamd, greyd] = await sentOf({ [field]: text(257) });
      expect(greyd).toBe('unsafe');
      expect(spamd).toEqual({ [field]: field === 'helo' ? text(257) : `<${text(257)}>` });
    }
  });

  it('is counted without the brackets and quotes that greyd never sees', async () => {
    const address = 'x'.repeat(256);
    expect((await sentOf({ from: `<"${address}">` }))[1]).toEqual({ from: address });
  });

  it.each(['helo', 'from', 'to'] as const)('a control in %s goes to nobody', async (field) => {
    for (const code of [0, 1, 9, 10, 13, 31, 127]) {
      expect(await sentOf({ [field]: `a${String.fromCharCode(code)}b` })).toEqual(['control', 'control']);
    }
    expect(await sentOf({ [field]: 'a b' })).not.toContain('control');
  });

  it('what fits in no datagram goes to nobody', async () => {
    // 18 for the TLV, three NULs, and 1339 bytes of strings.
    const helo = (bytes: number) => 'h'.repeat(bytes - TUPLE.from.length - TUPLE.to.length);
    expect((await sentOf({ helo: helo(1339) }))[0]).toEqual({ helo: helo(1339) });
    expect(await sentOf({ helo: helo(1340) })).toEqual(['too-long', 'unsafe']);
  });
});

describe('what is skipped', () => {
  it.each([
    ['0.0.0.0', false],
    ['0.255.255.255', false],
    ['1.0.0.0', true],
    ['127.0.0.1', true],
    ['223.255.255.255', true],
    ['224.0.0.0', false],
    ['239.255.255.255', false],
    ['240.0.0.0', true],
    ['255.255.255.254', true],
    ['255.255.255.255', false],
    ['::1', false],
    ['2001:db8::25', false],
    ['::ffff:203.0.113.1', false],
  ])('the address %s: sent %s, whatever the type', async (ip, sent) => {
    const { peer, transport } = await openRig({ targets: BOTH });
    const entries: Entry[] = [
      { type: 'grey', ...TUPLE, ip, timestamp: NOW },
      { type: 'white', ip, timestamp: NOW, expires: 5 },
      { type: 'trapped', ip, timestamp: NOW, expires: 5 },
      { type: 'remove-white', ip, timestamp: NOW },
      { type: 'remove-trapped', ip, timestamp: NOW },
    ];
    const report = await peer.announce(entries);
    expect(transport.link(0).entries.flat()).toHaveLength(sent ? 3 : 0);
    expect(transport.link(1).entries.flat()).toHaveLength(sent ? 5 : 0);
    expect(report.skipped.filter(({ why }) => why === 'address')).toHaveLength(sent ? 0 : 10);
    expect(peer.stats().skipped.address).toBe(sent ? 0 : 10);
  });

  it('does not take the rest with it, and is reported with the entry as it was given', async () => {
    const { peer, transport, seen } = await openRig({ targets: BOTH });
    const bad: Entry = { type: 'grey', ...TUPLE, helo: 'evil\nWHITE:1.2.3.4', timestamp: NOW };
    const quoted: Entry = { type: 'grey', ...TUPLE, helo: '"', from: 'A', timestamp: NOW };
    const good: Entry = { type: 'white', ip: '203.0.113.1', timestamp: NOW, expires: 5 };
    const report = await peer.announce([bad, good, quoted]);
    expect(report.skipped).toEqual([
      { entry: bad, dialect: 'spamd', why: 'control' },
      { entry: bad, dialect: 'greyd', why: 'control' },
      { entry: quoted, dialect: 'greyd', why: 'unsafe' },
    ]);
    expect(report.targets).toMatchObject([{ sent: 2 }, { sent: 1 }]);
    expect(transport.link(0).entries).toEqual([[good, { ...quoted, from: '<A>' }]]);
    expect(transport.link(1).entries).toEqual([[good]]);
    expect(peer.stats().skipped).toEqual({
      address: 0,
      control: 2,
      empty: 0,
      unsafe: 1,
      removal: 0,
      'too-long': 0,
      overload: 0,
      closed: 0,
    });
    expect(seen.errors).toEqual([]);
  });

  it('is nothing for a dialect that no target speaks', async () => {
    const { peer } = await openRig({ targets: ['mx'] });
    const report = await peer.grey({ ...TUPLE, helo: '"' });
    expect(report.skipped).toEqual([]);
  });
});

describe('removals', () => {
  const white = (last: number): Entry => ({ type: 'white', ip: `203.0.113.${last}`, timestamp: NOW, expires: 5 });
  const trapped = (last: number): Entry => ({ type: 'trapped', ip: `203.0.113.${last}`, timestamp: NOW, expires: 5 });
  const unwhite = (last: number): Entry => ({ type: 'remove-white', ip: `203.0.113.${last}`, timestamp: NOW });
  const untrap = (last: number): Entry => ({ type: 'remove-trapped', ip: `203.0.113.${last}`, timestamp: NOW });

  async function sent(entries: readonly Entry[]): Promise<Rig & { datagrams: Entry[][] }> {
    const rig = await openRig({ targets: BOTH });
    await rig.peer.announce(entries);
    return { ...rig, datagrams: rig.transport.link(1).entries };
  }

  it('never go to a spamd', async () => {
    const { peer, transport } = await openRig({ targets: BOTH });
    const report = await peer.announce([unwhite(1), white(2), untrap(3)]);
    expect(transport.link(0).entries).toEqual([[white(2)]]);
    expect(report.skipped).toEqual([
      { entry: unwhite(1), dialect: 'spamd', why: 'removal' },
      { entry: untrap(3), dialect: 'spamd', why: 'removal' },
    ]);
    expect(peer.stats().skipped.removal).toBe(2);
  });

  it('go each kind in a datagram of its own, behind the additions', async () => {
    const { datagrams } = await sent([untrap(1), white(2), unwhite(3), trapped(4), untrap(5), unwhite(6)]);
    expect(datagrams).toEqual([
      [white(2), trapped(4)],
      [unwhite(3), unwhite(6)],
      [untrap(1), untrap(5)],
    ]);
  });

  it('keep the order of the entries of one address', async () => {
    const { datagrams } = await sent([white(1), unwhite(1), white(1), white(2), untrap(2), trapped(2)]);
    expect(datagrams).toEqual([[white(1)], [unwhite(1)], [white(1), white(2)], [untrap(2)], [trapped(2)]]);
    const apart = await sent([unwhite(1), white(2), untrap(2), white(1)]);
    expect(apart.datagrams).toEqual([[white(2)], [unwhite(1)], [untrap(2)], [white(1)]]);
  });

  it('fill datagrams of their own', async () => {
    const { datagrams } = await sent(Array.from({ length: 86 }, (_, at) => unwhite(at + 1)));
    expect(datagrams.map((entries) => entries.length)).toEqual([85, 1]);
  });
});

describe('counters', () => {
  it('run by themselves for each dialect', async () => {
    const { peer, transport } = await openRig({ targets: [...BOTH, 'mx2'] });
    const removal: Entry = { type: 'remove-white', ip: '203.0.113.1', timestamp: NOW };
    await peer.announce([removal]);
    await peer.white('203.0.113.1', 5);
    await peer.announce([removal]);
    await peer.white('203.0.113.1', 5);
    const counters = transport.links.map(({ sent }) => sent.map((bytes) => bytes.readUInt32BE(4)));
    const first = (NOW - Date.UTC(2026) / 1000) * 16;
    expect(counters.map((each) => each.map((counter) => counter - first))).toEqual([
      [0, 1],
      [0, 1, 2, 3],
      [0, 1],
    ]);
    expect(transport.link(0).sent).toEqual(transport.link(2).sent);
  });
});
