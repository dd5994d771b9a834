import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Greylist } from 'spamd-sync';
import { serveGreylist } from 'spamd-sync/socket';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { objects, type Ran, spamdSync } from './cli.ts';
import { mmdbFile } from './mmdb-file.ts';

const DUMP = [
  'GREY|198.51.100.9|mx|<a@example.org>|<trap@example.net>|1800000000|1800014400|1800014400|3|0',
  'GREY|198.51.100.9|mx\u0085|<b@example.org>|<info@example.net>|1790000000|1800014400|1800014400|1|0',
  'TRAPPED|198.51.100.9|4000000000',
  'TRAPPED|198.51.100.10|4000000000',
  'TRAPPED|2001:db8::/64|4000000000',
  'TRAPPED|198.51.100.99|1',
  'WHITE|192.0.2.9|||1800000000|1800000000|4000000000|1|7',
  'SPAMTRAP|trap@example.net',
  'SPAMTRAP|a-trap@example.net',
  '',
].join('\n');

let folder = '';
let list = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spamd-sync-traplist-'));
  list = join(folder, 'traplist.txt');
});
afterEach(() => rm(folder, { recursive: true }));

function publish(dump: string, ...args: string[]): Promise<Ran> {
  return spamdSync(['traplist', list, '--from', '-', ...args], Buffer.from(dump));
}

/** The lines of a file, and what its first says without the time. */
async function read(name: string): Promise<string[]> {
  const text = await readFile(join(folder, name), 'utf8');
  expect(text).toMatch(/^# \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ: .*\n(.*\n)*$/);
  return text
    .replace(/^# \S+ /, '')
    .split('\n')
    .slice(0, -1);
}

it('the list has a header with terms and contact, and each address once in order', async () => {
  const terms = join(folder, 'terms');
  await writeFile(terms, 'Free to use.\n\n# No warranty.\n');
  const ran = await publish(DUMP, '--contact', 'postmaster@example.net', '--header', terms);
  expect(ran).toEqual({ out: `3 trapped addresses in ${list}\n`, err: '', exit: 0 });
  expect(await read('traplist.txt')).toEqual([
    '3 trapped addresses',
    '# Contact: postmaster@example.net',
    '# Free to use.',
    '#',
    '# No warranty.',
    '198.51.100.9',
    '198.51.100.10',
    '2001:db8::/64',
  ]);
  expect((await readdir(folder)).sort()).toEqual(['terms', 'traplist.txt']);
});

it('the verbose form has place and evidence of each, recipients only where that is asked for', async () => {
  const countries = join(folder, 'countries');
  const systems = join(folder, 'systems');
  await writeFile(
    countries,
    mmdbFile({ '::198.51.100.8/127': { country_code: 'NO' }, '2001:db8::/32': { country: { iso_code: 'se' } } }),
  );
  const system = { autonomous_system_number: 64500, autonomous_system_organization: 'Ex\tample' };
  await writeFile(systems, mmdbFile({ '::198.51.100.0/120': system }));
  const databases = ['--country-db', countries, '--asn-db', systems];
  const ran = await publish(
    DUMP,
    '--verbose',
    join(folder, 'verbose'),
    '--summary',
    join(folder, 'summary'),
    ...databases,
  );
  expect(ran.err).toBe('');

  expect(await read('verbose')).toEqual([
    '3 trapped addresses',
    '# address\texpires\tcountry\tas\tattempts\ttuples\tfirst\tevidence',
    '198.51.100.9\t2096-10-02T07:06:40Z\tNO\tAS64500 Ex ample\t4\t2\t2026-09-21T14:13:20Z\thelo "mx" from "<a@example.org>"; helo "mx\\u0085" from "<b@example.org>"',
    '198.51.100.10\t2096-10-02T07:06:40Z\t-\tAS64500 Ex ample\t0\t0\t-\t-',
    '2001:db8::/64\t2096-10-02T07:06:40Z\tSE\t-\t0\t0\t-\t-',
  ]);
  expect(await read('summary')).toEqual([
    '3 trapped addresses',
    'country\tipv4\tipv6\ttotal',
    '-\t1\t0\t1',
    'NO\t1\t0\t1',
    'SE\t0\t1\t1',
  ]);
  await publish(DUMP, '--verbose', join(folder, 'verbose'), '--recipients');
  expect((await read('verbose'))[2]).toMatch(/from "<a@example\.org>" to "<trap@example\.net>"; helo/);
});

it('what is new is what was not in the list before, and the spamtraps are written where that is asked for', async () => {
  const more = ['--new', join(folder, 'new'), '--spamtraps', join(folder, 'spamtraps'), '--json'];
  expect(objects(await publish(DUMP, ...more))).toEqual([{ file: list, addresses: 3, new: 3, leftOut: 0, bad: 0 }]);
  expect(await read('spamtraps')).toEqual(['2 spamtraps', 'a-trap@example.net', 'trap@example.net']);
  const [next] = objects(await publish(`TRAPPED|198.51.100.11|4000000000\n${DUMP}`, ...more));
  expect(next).toMatchObject({ addresses: 4, new: 1 });
  expect(await read('new')).toEqual(['1 address trapped since the list before', '198.51.100.11']);
});

it.each([
  ['nothing comes', '', /^spamd-sync: stdin: nothing in it\n$/],
  ['the dump ends within a line', 'TRAPPED|198.51.100.7|4000000000', /^spamd-sync: stdin: ends within a line\n$/],
  ['what is trapped cannot be read', 'TRAPPED|198.51.100.700|4000000000\n', /^spamd-sync: line 1: /],
])('every file stays as it is where %s', async (_why, dump, line) => {
  await publish(DUMP);
  const before = await readFile(list, 'utf8');
  const ran = await publish(dump, '--verbose', join(folder, 'verbose'));
  expect(ran.err).toMatch(line);
  expect({ out: ran.out, exit: ran.exit }).toEqual({ out: '', exit: 3 });
  expect(await readFile(list, 'utf8')).toBe(before);
  expect(await readdir(folder)).toEqual(['traplist.txt']);
});

it('every file stays as it is where one cannot be written', async () => {
  const ran = await publish(DUMP, '--verbose', join(folder, 'nowhere', 'verbose'));
  expect(ran.err).toMatch(/^spamd-sync: .*: no such file or directory\n$/);
  expect(ran.exit).toBe(3);
  expect(await readdir(folder)).toEqual([]);
});

it('another line that cannot be read is reported, and makes the exit status 1', async () => {
  const ran = await publish(`GREY|nonsense\n${DUMP}`);
  expect(ran.err).toMatch(/^spamd-sync: left out: line 1: .*\n$/);
  expect(ran.out).toBe(`3 trapped addresses in ${list}; 1 bad line\n`);
  expect(ran.exit).toBe(1);
});

it('the daemon is asked where no dump is named, and says why each was trapped', async () => {
  await using greylist = new Greylist();
  const control = join(folder, 'control');
  const served = await serveGreylist(greylist, control);
  await greylist.trap('198.51.100.7', { by: 'carol, who must not be named' });
  await greylist.spamtraps.add('trap@example.net');
  await greylist.check({ ip: '2001:db8::9', helo: 'mx', from: '<a@example.org>', to: '<trap@example.net>' });
  const verbose = join(folder, 'verbose');
  const ran = await spamdSync(['traplist', list, '--verbose', verbose, '--control', control]);
  expect(ran).toEqual({ out: `2 trapped addresses in ${list}\n`, err: '', exit: 0 });
  const [, , ...entries] = await read('verbose');
  expect(
    entries.map((line) =>
      line
        .split('\t')
        .at(-1)
        ?.replace(/^\S+Z /, ''),
    ),
  ).toEqual(['operator', 'spamtrap, helo "mx" from "<a@example.org>"']);
  await served.close();
  const before = await readFile(list, 'utf8');
  expect((await spamdSync(['traplist', list, '--control', control])).exit).toBe(3);
  expect(await readFile(list, 'utf8')).toBe(before);
});

it('what is not a file is not replaced by one, and the file that cannot be written is named', async () => {
  const socket = join(folder, 'socket');
  const server = createServer().listen(socket);
  await once(server, 'listening');
  const nowhere = join(folder, 'nowhere', 'list');
  const outcomes = [
    [socket, 'is not a file, and cannot be replaced by one'],
    [folder, 'is a directory'],
    [nowhere, 'no such file or directory'],
  ] as const;
  for (const [file, why] of outcomes) {
    const ran = await spamdSync(['traplist', file, '--from', '-'], Buffer.from(DUMP));
    expect(ran).toEqual({ out: '', err: `spamd-sync: ${file}: ${why}\n`, exit: 3 });
  }
  server.close();
});

it.each([
  [['--contact', 'a\nb'], 'spamd-sync: --contact: more than a line; see --help\n', 2],
  [['--verbose', 'same', '--new', 'x/../same'], 'spamd-sync: x/../same is named for two lists; see --help\n', 2],
  [
    ['--verbose', 'v', '--country-db', 'package.json'],
    'spamd-sync: package.json: not a database of the form mmdb\n',
    3,
  ],
  [['--verbose', 'v', '--asn-db', '/nowhere'], 'spamd-sync: /nowhere: no such file or directory\n', 3],
])('a mistake is one line: %j', async (args, err, exit) => {
  expect(await publish(DUMP, ...args)).toEqual({ out: '', err, exit });
  expect(existsSync(list)).toBe(false);
});
