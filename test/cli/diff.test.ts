import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Greylist } from 'spamd-sync';
import { serveGreylist } from 'spamd-sync/socket';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { objects, spamdSync } from './cli.ts';

const WHITE = 'WHITE|192.0.2.9|||1800000000|1800000000|4000000000|1|7\n';
const GREY = 'GREY|192.0.2.7|mx|<a@b>|<c@d>|1800000000|1800001500|4000000000|1|0\n';
const A = `${WHITE}${GREY}TRAPPED|192.0.2.1|4000000000\nSPAMTRAP|t@example.net\n`;
const B = `TRAPPED|192.0.2.9|4000000000\n${GREY}TRAPPED|192.0.2.2|4000000000\nSPAMTRAP|t@example.net\n`;
let folder = '';
let a = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spamd-sync-diff-'));
  a = join(folder, 'a');
  await writeFile(a, A);
});
afterAll(() => rm(folder, { recursive: true }));

const diff = (args: readonly string[], stdin = '') => spamdSync(['diff', ...args], Buffer.from(stdin));

it('diff shows what only one of two dumps has, and what differs, and ends with 1', async () => {
  const { out, err, exit } = await diff([a, '-'], B);
  expect(out.split('\n')).toEqual([
    '! WHITE|192.0.2.9|||1800000000|1800000000|4000000000|1|7  TRAPPED|192.0.2.9|4000000000',
    '> TRAPPED|192.0.2.2|4000000000',
    '< TRAPPED|192.0.2.1|4000000000',
    `1 only in ${a}, 1 only in -, 1 differ, 2 the same`,
    '',
  ]);
  expect({ err, exit }).toEqual({ err: '', exit: 1 });
  const found = objects(await diff([a, '-', '--json'], B));
  expect(found.map((one) => one.in)).toEqual(['both', 'b', 'a', undefined]);
  expect(found[3]).toEqual({ onlyInA: 1, onlyInB: 1, differ: 1, same: 2 });
});

it('diff finds what a spamd keeps as typed in the dump of a greyd', async () => {
  const spamd = 'GREY|192.0.2.7|MX|<A@b>|<c@D>|1800000000|1800001500|4000000000|1|0\nSPAMTRAP|<t@example.net>\n';
  const greyd = 'GREY|192.0.2.7|mx|a@b|c@d|1800000001|1800001500|4000000000|2|0\nSPAMTRAP|T@example.net\n';
  const file = join(folder, 'greyd');
  await writeFile(file, greyd);
  expect(await diff([file, '-'], spamd)).toEqual({
    out: `0 only in ${file}, 0 only in -, 0 differ, 2 the same\n`,
    err: '',
    exit: 0,
  });
});

it('diff ends with 0 where all is the same, of a type or within a tolerance', async () => {
  expect(await diff([a, '-', '--type', 'grey'], B)).toMatchObject({ exit: 0 });
  const later = A.replaceAll('4000000000', '4000000050');
  expect((await diff([a, '-'], later)).out).toMatch(/^0 only in .*, 3 differ, 1 the same$/m);
  expect(await diff([a, '-', '--tolerance', '1m'], later)).toMatchObject({ exit: 0 });
});

it('diff compares with the running daemon', async () => {
  const greylist = new Greylist();
  const control = join(folder, 'control');
  await using _served = await serveGreylist(greylist, control);
  await greylist.trap('192.0.2.1', { expires: 4_000_000_000 });
  expect(await diff(['daemon', '-', '--control', control], 'TRAPPED|192.0.2.1|4000000000\n')).toEqual({
    out: '0 only in daemon, 0 only in -, 0 differ, 1 the same\n',
    err: '',
    exit: 0,
  });
  await greylist.close();
});

it.each([
  [['-', '-'], 'spamd-sync: twice the same: -; see --help\n', 2],
  [['/nowhere', '-'], 'spamd-sync: /nowhere: no such file or directory\n', 3],
  [['daemon', '-', '--control', '/nowhere'], 'spamd-sync: nobody serves a greylist on /nowhere\n', 3],
  [['-'], "spamd-sync: missing required argument 'b'\n", 2],
])('diff says a mistake in one line: %j', async (args, line, exit) => {
  expect(await diff(args)).toEqual({ out: '', err: line, exit });
});

it('bridge says a mistake in one line', async () => {
  const bridge = (...args: readonly string[]) => spamdSync(['bridge', '--a-target', 'lo', '--b-target', 'lo', ...args]);
  expect((await bridge('--a-listen', 'lo')).err).toBe(
    "spamd-sync: required option '--b-listen <where>' not specified\n",
  );
  const sides = ['--a-listen', '127.0.0.1', '--b-listen', 'em77'];
  const ran = await bridge(...sides, '--a-key', '/nowhere');
  expect(ran).toEqual({ out: '', err: 'spamd-sync: there is no key file "/nowhere"\n', exit: 3 });
  expect((await bridge(...sides, '--a-port', '38127', '--empty-key')).err).toMatch(/^spamd-sync: .*em77.*\n$/);
});
