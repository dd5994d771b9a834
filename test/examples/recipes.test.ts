import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SyncKey, type SyncPeer } from 'spamd-sync';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { member, run } from './recipe.ts';

const NOW = Math.floor(Date.now() / 1000);
const KEY_FILE = 'secret\n';
const key = SyncKey.fromBytes(Buffer.from(KEY_FILE));

// Each starts a program or two.
vi.setConfig({ testTimeout: 60_000 });

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

/** What tells a recipe to send to that member. */
function to({ peer }: { readonly peer: SyncPeer }): string[] {
  const { address, port } = peer.address;
  return ['-Y', address, '-p', `${port}`, '-K', keyFile];
}

describe('publish-traplist', () => {
  const LIST = [
    'WHITE|192.0.2.1|||1|2|4000000000|3|4',
    'TRAPPED|198.51.100.9|4000000000',
    'TRAPPED|198.51.100.7|4000000000',
  ];

  test('writes what is trapped, and nothing else is left behind', async () => {
    const folder = mkdtempSync(join(directory, 'web-'));
    const file = join(folder, 'traplist.txt');

    expect(await run('publish-traplist', [file], LIST)).toEqual({ status: 0, stdout: '', stderr: '' });

    expect(readFileSync(file, 'utf8')).toMatch(/^# [^\n]*: 2 trapped addresses\n198\.51\.100\.7\n198\.51\.100\.9\n$/);
    expect(readdirSync(folder)).toEqual(['traplist.txt']);
  });

  test.each([
    ['nothing comes', [], /^publish-traplist: no lines on standard input, so [^\n]+ stays as it is; see --help\n$/],
    ['a line is bad', [...LIST, 'TRAPPED|198.51.100'], /^publish-traplist: line 4: [^\n]+\n$/],
  ])('leaves the list alone when %s', async (_when, lines, stderr) => {
    const folder = mkdtempSync(join(directory, 'web-'));
    const file = join(folder, 'traplist.txt');
    writeFileSync(file, 'the old one\n');

    const outcome = await run('publish-traplist', [file], lines);

    expect(outcome).toEqual({ status: 1, stdout: '', stderr: expect.stringMatching(stderr) });
    expect(readFileSync(file, 'utf8')).toBe('the old one\n');
    expect(readdirSync(folder)).toEqual(['traplist.txt']);
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

  test('tells the addresses, and those of networks up to a size; not what is excepted', async () => {
    await using mx = await member(key, '127.0.0.1', 0);
    const except = inDirectory('nospamd', '# ours\n192.0.2.0/24\n198.51.100.65\n');

    const outcome = await run('send-traps', [...to(mx), '--except', except, '--expand', '4', '--hours', '2'], TABLE);

    const told = '4 entries for 127.0.0.1, 1 datagram sent\n';
    expect(outcome).toEqual({ status: 0, stdout: told, stderr: expect.any(String) });
    expect(outcome.stderr.match(/^left out: [^ ]+( \d)?/gm)).toEqual([
      'left out: 198.51.100.65',
      'left out: 203.0.113.0/24',
      'left out: 2001:db8::7',
      'left out: line 5',
      'left out: 192.0.2.1',
    ]);
    await expect
      .poll(() => mx.heard.map(({ ip }) => ip))
      .toEqual(['198.51.100.7', '198.51.100.64', '198.51.100.66', '198.51.100.67']);
    for (const entry of mx.heard) {
      const { timestamp } = entry;
      expect(entry).toMatchObject({ type: 'trapped', expires: timestamp + 7200 });
      expect(Math.abs(timestamp - Date.now() / 1000)).toBeLessThan(60);
    }
  });

  test('leaves out every network where it is not told to expand them', async () => {
    await using mx = await member(key, '127.0.0.1', 0);

    const { stderr } = await run('send-traps', to(mx), ['198.51.100.66/31', '198.51.100.7/32']);

    expect(stderr).toBe('left out: 198.51.100.66/31 has 2 addresses, see --expand\n');
    await expect.poll(() => mx.heard.map(({ ip }) => ip)).toEqual(['198.51.100.7']);
  });

  test.each([
    ['no target', [], 'no target: name one with -Y'],
    ['a target that is none', ['-Y', 'mx.invalid'], 'target mx.invalid: no such host, and no such interface'],
    ['no such key file', ['-Y', '127.0.0.1', '-K', '/nowhere'], 'there is no key file "/nowhere"'],
    ['hours that are none', ['-Y', '127.0.0.1', '--hours', 'x'], '--hours: not a whole number 1..8784: "x"'],
    ['an option that is none', ['--bogus'], "Unknown option '--bogus'"],
  ])('says in one line: %s', async (_what, args, why) => {
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

  test('tells all that still holds, with the time that it is from, so that none of it is stale', async () => {
    await using mx = await member(key, '127.0.0.1', 0);

    const { status, stdout } = await run('seed-mx', [...to(mx), '--rate', '100'], [...WHITES, ...OTHERS, GREY]);

    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^202 entries for 127\.0\.0\.1, \d datagrams sent\n$/),
    });
    await expect.poll(() => mx.heard.length).toBe(202);
    expect(mx.heard.slice(0, 200).map(({ ip }) => ip)).toEqual(WHITES.map((line) => line.split('|')[1]));
    expect(mx.heard[0]).toEqual({ type: 'white', ip: '198.18.0.0', timestamp: NOW - 80_000, expires: 4_000_000_000 });
    const trapped = { type: 'trapped', ip: '198.51.100.7', timestamp: NOW + 3600 - 86_400, expires: NOW + 3600 };
    const strings = { helo: 'mail.example.org', from: '<Alice@Example.org>', to: '<bob@example.net>' };
    expect(mx.heard.slice(200)).toEqual([
      trapped,
      { type: 'grey', ip: '203.0.113.1', ...strings, timestamp: NOW - 3600 },
    ]);
    expect(mx.peer.stats().drops.stale).toBe(0);
  });

  test('leaves out the tuples if told to, and says which line it cannot read', async () => {
    await using mx = await member(key, '127.0.0.1', 0);

    const { status, stderr } = await run('seed-mx', [...to(mx), '--no-grey'], [GREY, 'WHITE|nonsense', ...OTHERS]);

    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/^left out: line 2: [^\n]+\n$/) });
    await expect.poll(() => mx.heard.map(({ type, ip }) => `${type} ${ip}`)).toEqual(['trapped 198.51.100.7']);
  });
});

describe('trap-candidates', () => {
  const tried = (ip: string, to: string, from = '<a@b.example>') => `GREY|${ip}|helo|${from}|${to}|1|2|3|1|0`;
  const LINES = [
    ...['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((ip) => tried(ip, '<Info2@Example.net>')),
    ...['192.0.2.1', '192.0.2.2'].map((ip) => tried(ip, '<sales-1999@example.net>')),
    ...['192.0.2.1', '192.0.2.2'].map((ip) => tried(ip, '<bob+lists@example.net>')),
    ...['192.0.2.1', '192.0.2.2'].map((ip) => tried(ip, '<alias@example.net>')),
    ...['192.0.2.1', '192.0.2.2'].map((ip) => tried(ip, '<already@example.net>')),
    ...['192.0.2.1', '192.0.2.2'].map((ip) => tried(ip, '<x@sub.example.net>')),
    ...['192.0.2.1', '192.0.2.2'].map((ip) => tried(ip, '<bounced@example.net>', '<>')),
    ...['192.0.2.1', '192.0.2.9'].map((ip) => tried(ip, '<typo@example.net>')),
    tried('192.0.2.1', '<once@example.net>'),
    tried('192.0.2.1', '<once@example.net>', '<c@d.example>'),
    'SPAMTRAP|already@example.net',
    'WHITE|192.0.2.9|||1|2|3|4|5',
  ];

  test('lists who does not exist and is tried by several hosts that never delivered', async () => {
    const users = inDirectory('users.txt', 'Bob@example.net\nalias@example.net # to bob\n\n');
    const args = ['--domain', 'example.net', '--users', users];

    const listed = '     3 info2@example.net\n     2 sales-1999@example.net\n';
    expect(await run('trap-candidates', args, LINES)).toEqual({ status: 0, stdout: listed, stderr: '' });

    const { stdout } = await run('trap-candidates', [...args, '--hosts', '1'], LINES);
    expect(stdout).toBe(`${listed}     1 once@example.net\n     1 typo@example.net\n`);
  });

  test('takes no list of users for a mistake', async () => {
    const users = inDirectory('nobody.txt', '# nobody yet\n');
    const outcome = await run('trap-candidates', ['--domain', 'example.net', '--users', users], LINES);
    expect(outcome).toEqual({ status: 1, stdout: '', stderr: `trap-candidates: ${users} names no user; see --help\n` });
  });
});
