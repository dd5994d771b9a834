import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run, start } from './recipe.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spamd-sync-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function inDirectory(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** As greydb(8) and a client with a terminal's escape in its HELO begin a dump. */
const DUMP_BEGIN = ['DOMAIN|example.net', 'GREY|192.0.2.7|\x1b[2J|<a@b>|<c@d>|1|2|3|1|0'];
const ESCAPED = 'line 2: control character 0x1b';

describe('publish-traplist', () => {
  const LIST = [
    'WHITE|192.0.2.1|||1|2|4000000000|3|4',
    'TRAPPED|198.51.100.9|4000000000',
    'TRAPPED|198.51.100.7|4000000000',
  ];

  test('publish-traplist writes what is trapped, and leaves nothing else behind', async () => {
    const folder = mkdtempSync(join(directory, 'web-'));
    const file = join(folder, 'traplist.txt');

    expect(await run('publish-traplist', [file], LIST)).toEqual({ status: 0, stdout: '', stderr: '' });

    expect(readFileSync(file, 'utf8')).toMatch(/^# [^\n]*: 2 trapped addresses\n198\.51\.100\.7\n198\.51\.100\.9\n$/);
    expect(readdirSync(folder)).toEqual(['traplist.txt']);
  });

  test.each([
    ['nothing comes', [], /^publish-traplist: no lines on standard input, so [^\n]+ stays as it is; see --help\n$/],
    ['a TRAPPED line is bad', [...LIST, 'TRAPPED|198.51.100'], /^publish-traplist: line 4: [^\n]+\n$/],
  ])('publish-traplist leaves the list alone when %s', async (_when, lines, stderr) => {
    const folder = mkdtempSync(join(directory, 'web-'));
    const file = join(folder, 'traplist.txt');
    writeFileSync(file, 'the old one\n');

    const outcome = await run('publish-traplist', [file], lines);

    expect(outcome).toEqual({ status: 1, stdout: '', stderr: expect.stringMatching(stderr) });
    expect(readFileSync(file, 'utf8')).toBe('the old one\n');
    expect(readdirSync(folder)).toEqual(['traplist.txt']);
  });
});

describe('publish-traplist with lines that cannot be read', () => {
  const SPOILT = [...DUMP_BEGIN, 'TRAPPED|198.51.100.9|4000000000'];

  test('publish-traplist publishes although a line cannot be read, and reports the line', async () => {
    const folder = mkdtempSync(join(directory, 'web-'));
    const file = join(folder, 'traplist.txt');

    const outcome = await run('publish-traplist', [file], SPOILT);

    const stderr = `left out: ${ESCAPED}\n1 line could not be read\n`;
    expect(outcome).toEqual({ status: 0, stdout: '', stderr });
    expect(readFileSync(file, 'utf8')).toMatch(/^# [^\n]*: 1 trapped address\n198\.51\.100\.9\n$/);
  });

  test('publish-traplist leaves the list alone when its input ends within a line', async () => {
    const folder = mkdtempSync(join(directory, 'web-'));
    const file = join(folder, 'traplist.txt');
    writeFileSync(file, 'the old one\n');

    const { status, stderr } = await start('publish-traplist', [file], [SPOILT.join('\n'), '\nGREY|192.0.2.1|he'])
      .ended;

    expect(status).toBe(1);
    expect(stderr).toContain(`standard input ends within a line, so ${file} stays as it is`);
    expect(readFileSync(file, 'utf8')).toBe('the old one\n');
    expect(readdirSync(folder)).toEqual(['traplist.txt']);
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

  test('trap-candidates lists recipients that do not exist and were tried by several hosts that never delivered', async () => {
    const users = inDirectory('users.txt', 'Bob@example.net\nalias@example.net # to bob\n\n');
    const args = ['--domain', 'example.net', '--users', users];

    const listed = '     3 info2@example.net\n     2 sales-1999@example.net\n';
    expect(await run('trap-candidates', args, LINES)).toEqual({ status: 0, stdout: listed, stderr: '' });

    const { stdout } = await run('trap-candidates', [...args, '--hosts', '1'], LINES);
    expect(stdout).toBe(`${listed}     1 once@example.net\n     1 typo@example.net\n`);
  });

  test('trap-candidates reads on after a line that cannot be read, and reports it', async () => {
    const users = inDirectory('bob.txt', 'bob@example.net\n');
    const outcome = await run(
      'trap-candidates',
      ['--domain', 'example.net', '--users', users],
      [...DUMP_BEGIN, ...['192.0.2.1', '192.0.2.2'].map((ip) => tried(ip, '<info2@example.net>'))],
    );
    const stderr = `left out: ${ESCAPED}\n1 line could not be read\n`;
    expect(outcome).toEqual({ status: 0, stdout: '     2 info2@example.net\n', stderr });
  });

  test('trap-candidates refuses a list without users', async () => {
    const users = inDirectory('nobody.txt', '# nobody yet\n');
    const outcome = await run('trap-candidates', ['--domain', 'example.net', '--users', users], LINES);
    expect(outcome).toEqual({ status: 1, stdout: '', stderr: `trap-candidates: ${users} names no user; see --help\n` });
  });
});
