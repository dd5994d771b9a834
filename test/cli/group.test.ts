import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Greylist, Keyring, SyncKey } from 'spamd-sync';
import { type ServedSocket, serveGreylist } from 'spamd-sync/socket';
import { encodeDatagram } from 'spamd-sync/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KEY } from '../support/frame.ts';
import { NOW, openRig, type Rig, SOURCE, TUPLE } from '../support/rig.ts';
import { objects, spamdSync } from './cli.ts';

const OLD = SyncKey.fromBytes(Buffer.from('old'));
let folder = '';
let control = '';
let greylist: Greylist;
let served: ServedSocket;
let rig: Rig;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spamd-sync-group-'));
  control = join(folder, 'control');
  greylist = new Greylist();
  rig = await openRig({
    key: new Keyring([KEY, OLD]),
    targets: ['192.0.2.50', { host: '192.0.2.51', dialect: 'greyd' }],
  });
  served = await serveGreylist(greylist, control, { peer: rig.peer, clock: rig.clock });
});
afterEach(async () => {
  await served.close();
  await greylist.close();
  await rig.peer.close();
  await rm(folder, { recursive: true });
});

let counter = 0;
/** As if this source had announced a trap, and signed it so. */
function receive(address: string, key = KEY, timestamp = Math.floor(rig.clock.time)): void {
  const entry = { type: 'trapped', ip: '203.0.113.7', timestamp, expires: timestamp + 60 } as const;
  rig.transport.receive(encodeDatagram([entry], { key, counter: counter++ }), { address, port: 8025 });
}

/** Follows the peer, with what is to happen once it is followed. */
async function watching(args: readonly string[], happens: () => unknown) {
  const ran = spamdSync(['watch', '--control', control, ...args]);
  await expect.poll(() => rig.peer.listenerCount('sent')).toBe(1);
  await happens();
  return ran;
}

describe('watch', () => {
  it('shows what is received, dropped and sent in the words of spamd, with time and host', async () => {
    const { out, err, exit } = await watching(['-n', '4'], async () => {
      receive('192.0.2.50');
      rig.transport.receive(Buffer.alloc(3));
      await rig.peer.grey({ ...TUPLE, helo: 'a\u009bb' });
    });
    const time = '2027-01-15T08:00:00.000Z';
    const tuple = (address: (text: string) => string) =>
      `GREY ip 203.0.113.9 helo "a\\u009bb" from "${address('a@example.org')}" to "${address('b@example.net')}" seen 2027-01-15T08:00:00Z`;
    expect({ err, exit }).toEqual({ err: '', exit: 0 });
    expect(out.split('\n')).toEqual([
      `${time} from 192.0.2.50 TRAPPED ip 203.0.113.7 until 2027-01-15T08:01:00Z sent 2027-01-15T08:00:00Z`,
      `${time} from 192.0.2.200:8025 DROP 3 bytes, short: under 36 bytes, a header and END`,
      `${time} to 192.0.2.50 ${tuple((text) => `<${text}>`)}`,
      `${time} to 192.0.2.51 ${tuple((text) => text)}`,
      '',
    ]);
  });

  it('prints an object a line, of some types and hosts alone', async () => {
    const args = ['--json', '-n', '2', '--type', 'trapped', 'drop', '--from', SOURCE.address];
    const ran = await watching(args, async () => {
      receive('192.0.2.50');
      await rig.peer.grey(TUPLE);
      rig.transport.receive(
        encodeDatagram([{ type: 'white', ip: '203.0.113.7', timestamp: NOW, expires: 0 }], { key: KEY, counter: 1 }),
      );
      rig.transport.receive(Buffer.alloc(3));
      receive(SOURCE.address);
    });
    expect(objects(ran)).toEqual([
      { event: 'dropped', time: NOW, reason: 'short', source: SOURCE, size: 3, detail: expect.any(String) },
      { event: 'received', time: NOW, source: SOURCE, entry: expect.objectContaining({ type: 'trapped' }) },
    ]);
  });

  it.each([
    [['--type', 'black'], /^spamd-sync: option '-t, --type <type...>' argument 'black' is invalid/, 2],
    [['-n', '0'], /not a whole number 1\.\./, 2],
    [['-K', '/nowhere'], /^spamd-sync: -K, .* are for listening by itself: say -y; see --help\n$/, 2],
    [['--from', 'nobody'], 'spamd-sync: --from: not an IP address: "nobody"; see --help\n', 2],
    [['--control', `/${'x'.repeat(103)}`], /^spamd-sync: option '--control .* not a path of 1 to 103 bytes\n$/, 2],
    [['-y', '127.0.0.1', '-K', '/nowhere'], 'spamd-sync: there is no key file "/nowhere"\n', 3],
    [['-y', 'em77', '--empty-key'], /^spamd-sync: .*em77/, 3],
    [['-y', 'lo', '-K', 'a', '--empty-key'], 'spamd-sync: -K and --empty-key exclude each other; see --help\n', 2],
    [['--control', '/nowhere'], 'spamd-sync: nobody serves a greylist on /nowhere\n', 3],
  ])('says a mistake in one line: %j', async (args, line, exit) => {
    const ran = await spamdSync(['watch', ...args]);
    expect(ran.err).toMatch(line);
    expect(ran.err.trim().split('\n')).toHaveLength(1);
    expect({ out: ran.out, exit: ran.exit }).toEqual({ out: '', exit });
  });

  it('ends with 3 when the daemon does', async () => {
    const ran = await watching([], () => served.close());
    expect(ran).toEqual({
      out: '',
      err: `spamd-sync: whoever serves the greylist on ${control} has ended the connection\n`,
      exit: 3,
    });
  });
});

describe('doctor', () => {
  it('says what is wrong with a host that has no key, with the remedy, and ends with 1', async () => {
    const ran = await spamdSync(['doctor', '-Y', '192.0.2.1', '-K', '/nowhere']);
    expect(ran).toEqual({
      out: 'bad     key: there is no key file "/nowhere"\n        copy it from another host of the group, mode 0600\n',
      err: '',
      exit: 1,
    });
  });

  it('warns of the empty key, and finds what else is in order', async () => {
    const found = objects(await spamdSync(['doctor', '-Y', 'localhost', '--empty-key', '--json']));
    expect(found.map(({ check, severity }) => [check, severity])).toEqual([
      ['key', 'bad'],
      ['interface', 'ok'],
      ['target', 'ok'],
    ]);
  });

  it('finds an address that this host does not have, which is no port that somebody has, and no TTL', async () => {
    const check = (listen: string) => spamdSync(['doctor', '-y', listen, '-Y', '127.0.0.1', '--empty-key', '--json']);
    const bad = async (listen: string) =>
      objects(await check(listen)).filter(({ check, severity }) => severity === 'bad' && check !== 'key');
    expect(await bad('192.0.2.1')).toMatchObject([
      { check: 'interface', about: '192.0.2.1', message: expect.stringContaining('no interface of this host') },
    ]);
    expect(await bad('2001:db8::1')).toMatchObject([{ check: 'interface', about: '2001:db8::1' }]);
    expect(await bad('nosuch0:2')).toMatchObject([{ check: 'options', about: 'nosuch0:2' }, { check: 'interface' }]);
  });

  it('needs to know what to check', async () => {
    const ran = await spamdSync(['doctor']);
    expect(ran).toEqual({
      out: '',
      err: 'spamd-sync: neither -y nor -Y: what should be checked?; see --help\n',
      exit: 2,
    });
  });
});

describe('peers', () => {
  it('shows how it stands with each host', async () => {
    receive('192.0.2.50');
    for (let at = 0; at < 2; at++) receive('192.0.2.9', SyncKey.none());
    receive('192.0.2.8', KEY, NOW + 5000);
    receive('192.0.2.7', KEY, NOW - 200);
    rig.transport.receive(Buffer.alloc(40, 1), { address: '192.0.2.6', port: 8025 });
    rig.transport.link().refuse = new Error('no way');
    await rig.peer.grey(TUPLE);
    const { out, exit } = await spamdSync(['peers', '--control', control]);
    expect(exit).toBe(0);
    expect(out.split('\n').map((line) => line.replaceAll(/ {2,}/g, '  ').trim())).toEqual([
      'address  reach  last  skew  lost  key  dialect  entries  drops',
      expect.stringMatching(/^~ {2}192\.0\.2\.7 {2}1 {2}\S+ {2}-200 s {2}0 {2}\S{19} {2}- {2}1 trapped {2}-$/),
      expect.stringMatching(/^\* {2}192\.0\.2\.50 {2}1 {2}\S+ {2}0 s {2}0 {2}\S{19} {2}spamd {2}1 trapped {2}-$/),
      'v  192.0.2.6  0  -  -  0  -  -  -  1 version',
      '~  192.0.2.8  0  -  -  0  -  -  -  1 stale',
      'x  192.0.2.9  0  -  -  0  -  -  -  2 auth',
      '?  192.0.2.51  0  -  -  0  -  greyd  -  -',
      'to 192.0.2.50: 0 datagrams sent, 1 failed, Error: no way',
      'to 192.0.2.51: 1 datagram sent, 0 failed',
      '',
    ]);
    const rows = objects(await spamdSync(['peers', '--json', '--control', control]));
    expect(rows.map(({ state }) => state)).toEqual([
      'skewed',
      'heard',
      'other-version',
      'skewed',
      'wrong-key',
      'silent',
    ]);
    expect(rows[1]).toMatchObject({
      address: '192.0.2.50',
      reach: 1,
      skew: 0,
      entries: { trapped: 1 },
      target: { failed: 1 },
    });
  });
});

describe('keys', () => {
  const keys = (...more: readonly string[]) => spamdSync(['keys', '--control', control, ...more]);

  it('shows who signs with which key, and ends with 1 while an old one is in use', async () => {
    receive('192.0.2.50', OLD);
    receive('192.0.2.51');
    receive('192.0.2.9', SyncKey.none());
    const { out, exit } = await keys();
    expect(exit).toBe(1);
    expect(out).toContain(`signing with ${KEY.fingerprint}; old: ${OLD.fingerprint}\n`);
    expect(out).toMatch(new RegExp(`^192\\.0\\.2\\.50 +old +${OLD.fingerprint} `, 'm'));
    expect(out).toMatch(new RegExp(`^192\\.0\\.2\\.51 +current +${KEY.fingerprint} `, 'm'));
    expect(out).toMatch(/^192\.0\.2\.9 +unknown +none of the keyring +-$/m);
  });

  it('ends with 0 once a host has changed its key and the old one was not seen for a while', async () => {
    rig.clock.time = Date.now() / 1000 - 120;
    receive('192.0.2.50', OLD);
    receive('192.0.2.50');
    const [current, old] = objects(await keys('--json'));
    expect(current).toMatchObject({ key: 'current', inUse: true });
    expect(old).toMatchObject({ key: 'old', inUse: true, address: '192.0.2.50', fingerprint: OLD.fingerprint });
    expect((await keys()).exit).toBe(1);
    const later = await keys('--within', '1m');
    expect(later.exit).toBe(0);
    expect(later.out).toContain('old, given up');
  });
});
