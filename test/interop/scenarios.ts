import { type Entry, type GreyEntry, SyncKey, SyncPeer } from 'spamd-sync';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Daemon, rowsOf, type Start, textOf } from './daemon.ts';
import { HOSTILE, HOSTILE_ADDRESSES, PLAIN, PLAIN_AT_GREYD } from './hostile.ts';
import { freshAddress, LOOPBACK, onLoopback, unixNow } from './places.ts';
import { attempt } from './smtp.ts';

const GREY_EXPIRY = 4 * 3600;

/** A tuple as it goes into a daemon and as it comes out again, one way or the other. */
export const ALICE = { helo: 'Mail.example.org', from: '<Alice@Example.org>', to: '<Bob@Example.net>' } as const;
const ALICE_AT = {
  spamd: ALICE,
  greyd: { helo: 'Mail.example.org', from: 'alice@example.org', to: 'bob@example.net' },
} as const;

export function original(daemon: Daemon) {
  return ALICE_AT[daemon.dialect];
}

/** A daemon and a peer beside it, both on loopback, for the tests of a file. */
export interface Pair {
  readonly daemon: Daemon;
  readonly peer: SyncPeer;
  /** What the peer has heard since the test began. */
  readonly heard: Entry[];
}

export function keyOf({ key }: Daemon): SyncKey {
  return key === null ? SyncKey.none() : SyncKey.fromBytes(Buffer.from(key));
}

/** Starts one before the tests of the surrounding block and ends it afterwards. */
export function pairFor(start: Start): () => Pair {
  const heard: Entry[] = [];
  let pair: Pair | undefined;
  beforeAll(async () => {
    const daemon = await start(onLoopback);
    const peer = await SyncPeer.open({
      key: keyOf(daemon),
      listen: LOOPBACK.peer,
      port: daemon.syncPort,
      targets: [{ host: LOOPBACK.daemon, dialect: daemon.dialect }],
    });
    peer.on('entry', (entry) => heard.push(entry));
    pair = { daemon, peer, heard };
  });
  beforeEach(() => {
    heard.length = 0;
  });
  afterEach(() => {
    expect(pair?.daemon.program.running).toBe(true);
  });
  afterAll(async () => {
    await pair?.peer.close();
    await pair?.daemon[Symbol.asyncDispose]();
  });
  return () => {
    if (pair === undefined) throw new Error('the daemon did not start');
    return pair;
  };
}

export function connectAs(daemon: Daemon, client: string, to: string, from: string = ALICE.from): Promise<string[]> {
  return attempt({ host: daemon.address, port: daemon.smtpPort, client, helo: ALICE.helo, from, to });
}

/** What every daemon and every peer must manage with each other. */
export function scenarios(current: () => Pair): void {
  describe('what the daemon says', () => {
    test('a delivery attempt arrives as GREY', async () => {
      const { daemon, heard } = current();
      const before = unixNow();

      await connectAs(daemon, LOOPBACK.client, ALICE.to);

      await expect
        .poll(() => heard)
        .toEqual([{ type: 'grey', ip: LOOPBACK.client, ...original(daemon), timestamp: expect.any(Number) }]);
      const [{ timestamp } = { timestamp: 0 }] = heard;
      expect(timestamp).toBeGreaterThanOrEqual(before);
      expect(timestamp).toBeLessThanOrEqual(unixNow());
      const rows = await rowsOf(daemon, LOOPBACK.client);
      expect(rows).toContainEqual(expect.objectContaining({ type: 'GREY', text: textOf(original(daemon)) }));
    });

    test('a spamtrap that was hit arrives as TRAPPED', async () => {
      const { daemon, heard } = current();
      await daemon.database('-T', '-a', 'spamtrap@example.net');

      await connectAs(daemon, LOOPBACK.spammer, '<spamtrap@example.net>');

      const trap = {
        type: 'trapped',
        ip: LOOPBACK.spammer,
        timestamp: expect.any(Number),
        expires: expect.any(Number),
      };
      await expect.poll(() => heard).toContainEqual(trap);
      const [row] = await rowsOf(daemon, LOOPBACK.spammer);
      expect(row).toMatchObject({ type: 'TRAPPED' });
      expect(heard).toContainEqual({ ...trap, expires: row?.expires });
    });
  });

  describe('what the peer says', () => {
    test('GREY stands in the database', async () => {
      const { daemon, peer } = current();
      const ip = freshAddress();
      const before = unixNow();

      await peer.grey({ ip, ...ALICE });

      await expect
        .poll(() => rowsOf(daemon, ip))
        .toEqual([expect.objectContaining({ type: 'GREY', ip, text: textOf(original(daemon)) })]);
      const [row = { first: 0, expires: 0 }] = await rowsOf(daemon, ip);
      expect(row.first).toBeGreaterThanOrEqual(before);
      expect(row.first).toBeLessThanOrEqual(unixNow());
      expect(row.expires).toBe(row.first + GREY_EXPIRY);
    });

    test('WHITE and TRAPPED stand in the database with the expiry that was said', async () => {
      const { daemon, peer } = current();
      const [good, bad, late] = [freshAddress(), freshAddress(), freshAddress()];
      const expires = unixNow() + 36 * 86_400;

      await Promise.all([peer.white(good, expires), peer.trapped(bad, expires + 1), peer.trapped(late, 0x7fff_ffff)]);

      const expected = [
        expect.objectContaining({ type: 'WHITE', ip: good, expires: expires }),
        expect.objectContaining({ type: 'TRAPPED', ip: bad, expires: expires + 1 }),
        expect.objectContaining({ type: 'TRAPPED', ip: late, expires: 0x7fff_ffff }),
      ];
      await expect.poll(() => rowsAbout(daemon, [good, bad, late])).toEqual(expected);
    });

    test('85 entries in one datagram all stand in the database', async () => {
      const { daemon, peer } = current();
      const now = unixNow();
      const entries = Array.from({ length: 85 }, (_, index): Entry => {
        const ip = freshAddress();
        return { type: index % 2 === 0 ? 'white' : 'trapped', ip, timestamp: now, expires: now + 1000 + index };
      });
      const { sent } = peer.stats();

      await peer.announce(entries);

      expect(peer.stats().sent.datagrams).toBe(sent.datagrams + 1);
      const expected = entries.map((entry) =>
        expect.objectContaining({
          type: entry.type.toUpperCase(),
          ip: entry.ip,
          expires: 'expires' in entry ? entry.expires : 0,
        }),
      );
      const ips = entries.map(({ ip }) => ip);
      await expect.poll(() => rowsAbout(daemon, ips)).toEqual(expected);
    });

    test('under another key is not believed', async () => {
      const { daemon, peer } = current();
      const [forged, honest] = [freshAddress(), freshAddress()];
      const forger = await SyncPeer.open({
        key: SyncKey.fromBytes(Buffer.from('another key')),
        listen: false,
        port: daemon.syncPort,
        targets: [{ host: LOOPBACK.daemon, dialect: daemon.dialect }],
      });
      await forger.white(forged, unixNow() + 600);
      await forger.close();

      await peer.white(honest, unixNow() + 600);

      await expect.poll(() => rowsOf(daemon, honest)).toHaveLength(1);
      expect(await rowsOf(daemon, forged)).toEqual([]);
    });
  });

  test('hostile strings are kept as they are or skipped with the reason, and leave the daemon well', async () => {
    const { daemon, peer, heard } = current();
    const plainHere = daemon.dialect === 'greyd' ? PLAIN_AT_GREYD : PLAIN;
    const cases = HOSTILE.map((hostile) => ({ hostile, fate: hostile[daemon.dialect], ip: freshAddress() }));
    const entries = cases.map(({ hostile: { what, spamd, greyd, ...texts }, ip }): GreyEntry => {
      return { type: 'grey', ip, ...PLAIN, ...texts, timestamp: unixNow() };
    });

    const report = await peer.announce(entries);

    const skipped = new Map(report.skipped.map(({ entry, why }) => [entry.ip, why]));
    expect(cases.map(({ hostile, ip }) => [hostile.what, skipped.get(ip)])).toEqual(
      cases.map(({ hostile, fate }) => [hostile.what, typeof fate === 'string' ? fate : undefined]),
    );
    const kept = cases.flatMap(({ hostile, fate, ip }) =>
      typeof fate === 'string' ? [] : [[hostile.what, ip, 'GREY', textOf({ ...plainHere, ...fate })]],
    );
    const stands = async () => {
      const rows = await daemon.rows();
      return cases.flatMap(({ hostile, ip }) =>
        rows.filter((row) => row.ip === ip).map(({ type, text }) => [hostile.what, ip, type, text]),
      );
    };
    await expect.poll(stands).toEqual(kept);
    expect(await rowsOf(daemon, '192.0.2.66')).toEqual([]);

    await connectAs(daemon, LOOPBACK.client, '<afterwards@example.net>');
    await expect.poll(() => heard.map(({ type, ip }) => [type, ip])).toEqual([['grey', LOOPBACK.client]]);
  });

  test('addresses that no client has are skipped', async () => {
    const { daemon, peer } = current();
    const marker = freshAddress();
    const times = { timestamp: unixNow(), expires: unixNow() + 600 };
    const entries = HOSTILE_ADDRESSES.flatMap((ip): Entry[] => [
      { type: 'white', ip, ...times },
      { type: 'trapped', ip, ...times },
      { type: 'grey', ip, ...PLAIN, timestamp: times.timestamp },
    ]);
    const before = (await daemon.rows()).map(({ ip }) => ip);

    const report = await peer.announce([...entries, { type: 'white', ip: marker, ...times }]);

    expect(report.skipped).toEqual(entries.map((entry) => ({ entry, dialect: daemon.dialect, why: 'address' })));
    await expect.poll(async () => (await daemon.rows()).map(({ ip }) => ip).sort()).toEqual([...before, marker].sort());
  });
}

/** The rows of some addresses, in their order. */
export async function rowsAbout(daemon: Daemon, ips: readonly string[]) {
  const rows = await daemon.rows();
  return ips.flatMap((ip) => rows.filter((row) => row.ip === ip));
}
