import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SyncKey, type SyncPeer } from 'spamd-sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPeer, run, start } from './recipe.ts';

const NOW = Math.floor(Date.now() / 1000);
const KEY_FILE = 'secret\n';
const key = SyncKey.fromBytes(Buffer.from(KEY_FILE));

let directory: string;
let keyFile: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spamd-sync-'));
  keyFile = inDirectory('spamd.key', KEY_FILE);
});
afterAll(() => rmSync(directory, { recursive: true }));

function inDirectory(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** The options with which a recipe sends to that peer. */
function to({ peer }: { readonly peer: SyncPeer }): string[] {
  const { address, port } = peer.address;
  return ['-Y', address, '-p', `${port}`, '-K', keyFile];
}

/** As greydb(8) and a client with a terminal's escape in its HELO begin a dump. */
const DUMP_BEGIN = ['DOMAIN|example.net', 'GREY|192.0.2.7|\x1b[2J|<a@b>|<c@d>|1|2|3|1|0'];
const ESCAPED = 'line 2: control character 0x1b';

describe.each([
  ['seed-mx', (at: number) => `TRAPPED|198.18.${at >> 8}.${at & 255}|4000000000\n`],
  ['send-traps', (at: number) => `198.18.${at >> 8}.${at & 255}\n`],
])('%s', (recipe, line) => {
  test(`${recipe} reads its whole input before it sends, so that spamdb does not keep its lock`, async () => {
    await using mx = await openPeer(key, '127.0.0.1', 0);
    let ended = false;
    const endedAtFirst: boolean[] = [];
    mx.peer.once('entry', () => endedAtFirst.push(ended));
    async function* lines(): AsyncGenerator<string> {
      for (let at = 0; at < 500; at++) yield line(at);
      ended = true;
    }

    const { status } = await start(recipe, [...to(mx), '--rate', '10'], lines()).ended;

    expect(status).toBe(0);
    await expect.poll(() => mx.received.length).toBe(500);
    expect(endedAtFirst).toEqual([true]);
  });

  test(`${recipe} refuses to run without standard input`, async () => {
    const outcome = await start(recipe, ['-Y', '127.0.0.1', '-K', keyFile]).ended;
    expect(outcome).toEqual({ status: 1, stdout: '', stderr: `${recipe}: nothing on standard input; see --help\n` });
  });
});

describe('send-traps', () => {
  // As pfctl(8) prints a table.
  const TABLE = [
    '   198.51.100.7',
    '   198.51.100.66/30',
    '   203.0.113.0/24',
    '   2001:db8::7',
    '   !198.51.100.8',
    '   192.0.2.1',
  ];

  test('send-traps announces addresses, and those of networks up to a size, and not what is excepted', async () => {
    await using mx = await openPeer(key, '127.0.0.1', 0);
    const except = inDirectory('nospamd', '# ours\n192.0.2.0/24\n198.51.100.65\n');

    const outcome = await run('send-traps', [...to(mx), '--except', except, '--expand', '4', '--hours', '2'], TABLE);

    const summary = '4 entries for 127.0.0.1, 1 datagram sent\n';
    expect(outcome).toEqual({ status: 0, stdout: summary, stderr: expect.any(String) });
    expect(outcome.stderr.match(/^left out: [^ ]+( \d)?/gm)).toEqual([
      'left out: 198.51.100.65',
      'left out: 203.0.113.0/24',
      'left out: 2001:db8::7',
      'left out: line 5',
      'left out: 192.0.2.1',
    ]);
    await expect
      .poll(() => mx.received.map(({ ip }) => ip))
      .toEqual(['198.51.100.7', '198.51.100.64', '198.51.100.66', '198.51.100.67']);
    for (const entry of mx.received) {
      const { timestamp } = entry;
      expect(entry).toMatchObject({ type: 'trapped', expires: timestamp + 7200 });
      expect(Math.abs(timestamp - Date.now() / 1000)).toBeLessThan(60);
    }
  });

  test('send-traps leaves out every network without --expand', async () => {
    await using mx = await openPeer(key, '127.0.0.1', 0);

    const { stderr } = await run('send-traps', to(mx), ['198.51.100.66/31', '198.51.100.7/32']);

    expect(stderr).toBe('left out: 198.51.100.66/31 has 2 addresses, see --expand\n');
    await expect.poll(() => mx.received.map(({ ip }) => ip)).toEqual(['198.51.100.7']);
  });

  test.each([
    ['no target', [], 'no target: name one with -Y'],
    ['an unknown target', ['-Y', 'mx.invalid'], 'target mx.invalid: no such host, and no such interface'],
    ['no such key file', ['-Y', '127.0.0.1', '-K', '/nowhere'], 'there is no key file "/nowhere"'],
    ['an invalid --whites', ['-Y', '127.0.0.1', '--whites', 'x'], '--whites: not a whole number 0..4294967295: "x"'],
    ['an invalid --hours', ['-Y', '127.0.0.1', '--hours', 'x'], '--hours: not a whole number 1..8784: "x"'],
    ['an unknown option', ['--bogus'], "Unknown option '--bogus'"],
    ['an argument too many', ['some'], "Unexpected argument 'some'"],
  ])('send-traps reports %s in one line', async (_what, args, why) => {
    const outcome = await run('send-traps', ['-K', keyFile, ...args], TABLE);
    expect(outcome).toEqual({ status: 1, stdout: '', stderr: `send-traps: ${why}; see --help\n` });
  });
});

describe('seed-mx', () => {
  const GREY = `GREY|203.0.113.1|mail.example.org|<Alice@Example.org>|<bob@example.net>|${NOW - 3600}|${NOW - 2100}|4000000000|1|0`;
  const WHITES = Array.from(
    { length: 200 },
    (_, at) => `WHITE|198.18.0.${at}|||${NOW - 90_000}|${NOW - 80_000}|4000000000|3|17`,
  );
  const OTHERS = [`TRAPPED|198.51.100.7|${NOW + 3600}`, `TRAPPED|198.51.100.8|${NOW - 1}`, 'SPAMTRAP|trap@example.net'];

  test('seed-mx announces all that still holds, with the time that it is from, so that none of it is stale', async () => {
    await using mx = await openPeer(key, '127.0.0.1', 0);

    const { status, stdout } = await run('seed-mx', [...to(mx), '--rate', '100'], [...WHITES, ...OTHERS, GREY]);

    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^202 entries for 127\.0\.0\.1, \d datagrams sent\n$/),
    });
    await expect.poll(() => mx.received.length).toBe(202);
    expect(mx.received.slice(0, 200).map(({ ip }) => ip)).toEqual(WHITES.map((line) => line.split('|')[1]));
    expect(mx.received[0]).toEqual({
      type: 'white',
      ip: '198.18.0.0',
      timestamp: NOW - 80_000,
      expires: 4_000_000_000,
    });
    const trapped = { type: 'trapped', ip: '198.51.100.7', timestamp: NOW + 3600 - 86_400, expires: NOW + 3600 };
    const strings = { helo: 'mail.example.org', from: '<Alice@Example.org>', to: '<bob@example.net>' };
    expect(mx.received.slice(200)).toEqual([
      trapped,
      { type: 'grey', ip: '203.0.113.1', ...strings, timestamp: NOW - 3600 },
    ]);
    expect(mx.peer.stats().drops.stale).toBe(0);
  });

  test('seed-mx takes over a dump of greydb with a line that cannot be read, and reports what it left out', async () => {
    await using mx = await openPeer(key, '127.0.0.1', 0);

    const { status, stderr } = await run('seed-mx', to(mx), [...DUMP_BEGIN, ...OTHERS]);

    expect(status).toBe(0);
    expect(stderr.split('\n')).toEqual([
      `left out: ${ESCAPED}`,
      '1 line could not be read',
      'left out: 1 (domain)',
      'left out: 1 (expired)',
      'left out: 1 (spamtrap)',
      '',
    ]);
    await expect.poll(() => mx.received.map(({ type, ip }) => `${type} ${ip}`)).toEqual(['trapped 198.51.100.7']);
  });

  test('seed-mx leaves out the tuples with --no-grey, and reports the line that it cannot read', async () => {
    await using mx = await openPeer(key, '127.0.0.1', 0);

    const { status, stderr } = await run('seed-mx', [...to(mx), '--no-grey'], [GREY, 'WHITE|nonsense', ...OTHERS]);

    expect(status).toBe(0);
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^left out: line 2: /),
      '1 line could not be read',
      'left out: 1 (expired)',
      'left out: 1 (spamtrap)',
      '',
    ]);
    await expect.poll(() => mx.received.map(({ type, ip }) => `${type} ${ip}`)).toEqual(['trapped 198.51.100.7']);
  });
});
