import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Entry, SyncKey, SyncPeer } from 'spamd-sync';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { objects, spamdSync } from './cli.ts';

const NOW = Math.floor(Date.now() / 1000);
let folder = '';
let mx: SyncPeer;
let received: Entry[] = [];
let to: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spamd-sync-send-'));
  const key = await file('key', 'secret\n');
  mx = await SyncPeer.open({ key: await SyncKey.fromFile(key), listen: '127.0.0.1', port: 0 });
  mx.on('entry', (entry) => {
    // A WHITE whose expiry is 0 is a freshness marker.
    if (entry.type !== 'white' || entry.expires > 0) received.push(entry);
  });
  to = ['127.0.0.1', '-p', `${mx.address.port}`, '-K', key];
});
beforeEach(() => {
  received = [];
});
afterAll(async () => {
  await mx.close();
  await rm(folder, { recursive: true });
});

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

const send = (args: readonly string[], stdin = '') => spamdSync(['send', ...args, '-Y', ...to], Buffer.from(stdin));

describe('send', () => {
  it('announces addresses of the command line, for as long as is said', async () => {
    const { out, err, exit } = await send([
      'trapped',
      '198.51.100.7',
      '198.51.100.8/31',
      '--expand',
      '2',
      '--for',
      '2h',
    ]);
    expect({ out, err, exit }).toEqual({ out: '3 of 3 entries sent to 127.0.0.1\n', err: '', exit: 0 });
    await expect.poll(() => received.map(({ ip }) => ip)).toEqual(['198.51.100.7', '198.51.100.8', '198.51.100.9']);
    for (const entry of received) {
      expect(entry).toMatchObject({ type: 'trapped', expires: entry.timestamp + 7200 });
      expect(Math.abs(entry.timestamp - NOW)).toBeLessThan(60);
    }
  });

  it('announces a tuple, and a white address for 36 days', async () => {
    await send(['grey', '192.0.2.7', 'mx.example.org', '<A@example.org>', '<b@example.net>']);
    await send(['white', '192.0.2.8']);
    await expect.poll(() => received.length).toBe(2);
    expect(received[0]).toMatchObject({ type: 'grey', helo: 'mx.example.org', from: '<A@example.org>' });
    expect(received[1]).toMatchObject({ expires: (received[1]?.timestamp ?? 0) + 36 * 86_400 });
  });

  it('announces a table of pf, and says of each line what is left out', async () => {
    const except = await file('nospamd', '# ours\n192.0.2.0/24\n198.51.100.65\n');
    const table = ['198.51.100.7', ' 198.51.100.66/30', '203.0.113.0/24', '2001:db8::7', '!198.51.100.8', '192.0.2.1'];
    const ran = await send(['trapped', '--except', except, '--expand', '4'], table.join('\n'));
    expect(ran.out).toBe('4 of 4 entries sent to 127.0.0.1\n');
    expect(ran.err.match(/(?<=^spamd-sync: left out: )[^ ]+( \d)?/gm)).toEqual([
      '198.51.100.65',
      '203.0.113.0/24',
      '2001:db8::7',
      'line 5',
      '192.0.2.1',
    ]);
    expect(ran.exit).toBe(1);
    await expect
      .poll(() => received.map(({ ip }) => ip))
      .toEqual(['198.51.100.7', '198.51.100.64', '198.51.100.66', '198.51.100.67']);
  });

  it('announces the tuples of a dump, and removals to a greyd', async () => {
    const dump = `GREY|192.0.2.7|mx|<a@b>|<c@d>|1|2|3|1|0\nTRAPPED|192.0.2.8|4000000000\n`;
    expect(objects(await send(['grey', '--json'], dump))).toMatchObject([{ entries: 1, badLines: 0, aborted: false }]);
    expect((await send(['remove-white', '192.0.2.9', '--dialect', 'greyd'])).exit).toBe(0);
    await expect.poll(() => received.map(({ type }) => type)).toEqual(['grey', 'remove-white']);
  });

  it('announces to spamds and greyds at once, to each in its dialect', async () => {
    const key = await SyncKey.fromFile(join(folder, 'key'));
    await using greyd = await SyncPeer.open({ key, listen: '127.0.0.2', port: mx.address.port });
    const heard: Entry[] = [];
    greyd.on('entry', (entry) => void heard.push(entry));
    const ran = await send([
      'grey',
      '192.0.2.7',
      'mx',
      '<A@example.org>',
      '<b@example.net>',
      '--greyd-target',
      '127.0.0.2',
    ]);
    expect(ran.out).toBe('1 of 1 entry sent to 127.0.0.1\n1 of 1 entry sent to 127.0.0.2\n');
    await expect.poll(() => [received.length, heard.length]).toEqual([1, 1]);
    expect(received).toMatchObject([{ from: '<A@example.org>', to: '<b@example.net>' }]);
    expect(heard).toMatchObject([{ from: 'a@example.org', to: 'b@example.net' }]);
    expect((await send(['remove-white', '192.0.2.9', '--greyd-target', '127.0.0.2'])).out).toBe(
      '0 of 1 entry sent to 127.0.0.1\n1 of 1 entry sent to 127.0.0.2\nnot sent: 1 removal\n',
    );
    await expect.poll(() => heard.map(({ type }) => type)).toEqual(['grey', 'remove-white']);
  });

  it('takes an IPv4 address as IPv6 has it, and warns of a key that is none', async () => {
    const empty = await file('empty', '');
    const ran = await spamdSync(['send', 'white', '::ffff:192.0.2.11', '-Y', ...to, '-K', empty]);
    expect(ran.out).toBe('1 of 1 entry sent to 127.0.0.1\n');
    expect(ran.err).toMatch(/^spamd-sync: warning: key file ".*" is empty/);
    await expect.poll(() => received.map(({ ip }) => ip)).toEqual(['192.0.2.11']);
  });

  it('ends with 1 where what was typed cannot be announced', async () => {
    const ran = await send(['grey', '192.0.2.7', 'mx\u001b]0;', '<a@b>', '<c@d>']);
    expect(ran).toEqual({ out: '0 of 1 entry sent to 127.0.0.1\nnot sent: 1 control\n', err: '', exit: 1 });
  });

  it.each([
    [['black'], /^spamd-sync: command-argument value 'black' is invalid/, 2],
    [['trapped', 'nobody'], 'spamd-sync: not an IP address or network: nobody; see --help\n', 2],
    [['grey', '192.0.2.1', 'mx'], 'spamd-sync: a grey is four arguments: ip, helo, from, to; see --help\n', 2],
    [['grey', 'x', 'mx', 'a', 'b'], 'spamd-sync: entry 0: ip is not an IP address: "x"\n', 2],
    [['grey', '192.0.2.1', 'a', 'b', 'c', '--for', '1h'], 'spamd-sync: --for: a grey does not expire; see --help\n', 2],
    [['white', '2001:db8::1'], 'spamd-sync: 2001:db8::1 is IPv6, which has no form on the wire; see --help\n', 2],
    [['white', '192.0.2.0/24'], 'spamd-sync: 192.0.2.0/24 has 256 addresses, more than --expand; see --help\n', 2],
    [['remove-white', '192.0.2.1'], /known to greyd alone: say --dialect greyd/, 2],
    [['white', '192.0.2.1', '--rate', '0'], /not a number 0\.01\.\./, 2],
    [['white', '192.0.2.1', '--except', '/nowhere'], 'spamd-sync: /nowhere: no such file or directory\n', 3],
    [
      ['white', '192.0.2.1', '-Y', 'mx.invalid'],
      'spamd-sync: target mx.invalid: no such host, and no such interface\n',
      3,
    ],
  ])('says a mistake in one line, and sends nothing: %j', async (args, line, exit) => {
    const ran = await send(args);
    expect(ran.err).toMatch(line);
    expect(ran.err.trim().split('\n')).toHaveLength(1);
    expect({ out: ran.out, exit: ran.exit }).toEqual({ out: '', exit });
    expect(received).toEqual([]);
  });
});

describe('seed', () => {
  const GREY = `GREY|203.0.113.1|mx|<Alice@Example.org>|<b@example.net>|${NOW - 3600}|${NOW - 2100}|4000000000|1|0`;
  const WHITES = Array.from({ length: 200 }, (_, at) => `WHITE|198.18.0.${at}|||${NOW - 9}|${NOW - 8}|4000000000|3|17`);
  const OTHERS = [`TRAPPED|198.51.100.7|${NOW + 3600}`, `TRAPPED|198.51.100.8|${NOW - 1}`, 'SPAMTRAP|t@example.net'];
  const seed = (args: readonly string[], stdin = '') =>
    spamdSync(['seed', ...args, '--to', ...to, '--rate', '100'], Buffer.from(stdin));

  it('sends all that still holds, with the time that it is from, and says what it left out', async () => {
    const { out, err, exit } = await seed(['-'], [...WHITES, ...OTHERS, GREY].join('\n'));
    expect(out.split('\n')).toEqual([
      expect.stringMatching(/^202 of 202 entries sent to 127\.0\.0\.1; \d datagrams in all$/),
      'left out: 1 expired, 1 spamtrap',
      '',
    ]);
    expect({ err, exit }).toEqual({ err: '', exit: 0 });
    await expect.poll(() => received.length).toBe(202);
    expect(received[0]).toEqual({ type: 'white', ip: '198.18.0.0', timestamp: NOW - 8, expires: 4_000_000_000 });
    expect(received[201]).toMatchObject({ type: 'grey', from: '<Alice@Example.org>', timestamp: NOW - 3600 });
    expect(mx.stats().drops.stale).toBe(0);
  });

  it('reads a file, leaves out tuples, and reports a line that cannot be read', async () => {
    const path = await file(
      'dump',
      [GREY, 'WHITE|nonsense', 'WHITE|2001:db8::1|||1|2|4000000000|3|4', ...OTHERS].join('\n'),
    );
    const ran = await seed([path, '--no-grey', '--json']);
    expect(objects(ran)).toMatchObject([
      { total: 2, datagrams: 1, leftOut: { grey: 1, expired: 1, spamtrap: 1 }, badLines: 1, skipped: { address: 1 } },
    ]);
    expect(ran.err).toMatch(/^spamd-sync: line 2: .*\n$/);
    expect(ran.exit).toBe(1);
    await expect.poll(() => received.map(({ ip }) => ip)).toEqual(['198.51.100.7']);
  });

  it('reports how far it got when it is interrupted', async () => {
    const ran = spamdSync(
      ['seed', '-', '--to', ...to, '--rate', '1'],
      Buffer.from(WHITES.join('\n').replaceAll('198.18.0', '198.18.1')),
    );
    await expect.poll(() => received.length).toBe(85);
    process.emit('SIGINT');
    expect(await ran).toEqual({
      out: 'interrupted\n85 of 200 entries sent to 127.0.0.1; 1 datagram in all\n',
      err: '',
      exit: 1,
    });
  });

  it.each([
    [['-'], 'spamd-sync: stdin: nothing in it\n', 3],
    [['/nowhere'], 'spamd-sync: /nowhere: no such file or directory\n', 3],
    [['-', '--to', 'mx.invalid'], 'spamd-sync: target mx.invalid: no such host, and no such interface\n', 3],
    [['-', '--whites', 'x'], /not a whole number/, 2],
  ])('says a mistake in one line: %j', async (args, line, exit) => {
    const ran = await seed(args, args.length === 1 ? '' : GREY);
    expect(ran.err).toMatch(line);
    expect(ran.err.trim().split('\n')).toHaveLength(1);
    expect({ out: ran.out, exit: ran.exit }).toEqual({ out: '', exit });
  });

  it('needs a host', async () => {
    const ran = await spamdSync(['seed', '-']);
    expect(ran).toEqual({ out: '', err: "spamd-sync: required option '--to <host>' not specified\n", exit: 2 });
  });
});
