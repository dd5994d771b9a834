import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyFiles } from '../../src/cli/serve/key-files.ts';
import { httpAddress } from '../../src/cli/serve/options.ts';
import { storePlace, storeWords } from '../../src/cli/serve/store.ts';
import { Greylist } from '../../src/index.ts';
import { serveGreylist } from '../../src/socket/index.ts';
import { type Ran, spamdSync } from './cli.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spamd-sync-serve-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the key files of the daemon', () => {
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const fingerprints = ({ keyring }: KeyFiles): string[] => keyring.keys.map(({ fingerprint }) => fingerprint);

  it('are read again, and what they held before is accepted for the overlap, each key once', async () => {
    const path = await write('key', 'one');
    const keys = await KeyFiles.open([path], 3600);
    const [one] = fingerprints(keys);
    await write('key', 'two');
    keys.use(await keys.read());
    const [two] = fingerprints(keys);
    expect(fingerprints(keys)).toEqual([two, one]);
    keys.use(await keys.read());
    expect(fingerprints(keys)).toEqual([two, one]);
    await write('key', 'one');
    keys.use(await keys.read());
    expect(fingerprints(keys)).toEqual([one, two]);
    expect(keys.words).toBe(`signs with key ${one}; accepts ${two}`);
    keys.close();
  });

  it('without an overlap are followed at once', async () => {
    const keys = await KeyFiles.open([await write('key', 'one'), await write('next', 'two')], 0);
    const [one, two] = fingerprints(keys);
    await write('key', 'two');
    keys.use(await keys.read());
    expect(fingerprints(keys)).toEqual([two]);
    expect(one).not.toBe(two);
    keys.close();
  });
});

describe('--store', () => {
  it.each([
    ['memory', 'memory'],
    ['level:/var/lib/x', 'level:/var/lib/x'],
    ['redis:redis://127.0.0.1:6379/0', 'redis://127.0.0.1:6379/0'],
    ['rediss://user:secret@redis.example.org', 'rediss://…@redis.example.org'],
  ])('%s is a store, and no password is shown', (text, words) => {
    expect(storeWords(storePlace(text))).toBe(words);
  });

  it('refuses what is none without showing a password', () => {
    expect(() => storePlace('redis:http://user:secret@h')).toThrow(
      '--store: not memory, level:DIRECTORY or redis:URL: redis:http://…@h',
    );
  });
});

describe('--http', () => {
  it.each([
    ['8026', { host: '127.0.0.1', port: 8026 }],
    ['localhost:8026', { host: '127.0.0.1', port: 8026 }],
    ['192.0.2.1:80', { host: '192.0.2.1', port: 80 }],
    ['[::1]:8026', { host: '::1', port: 8026 }],
  ])('%s', (text, address) => {
    expect(httpAddress(text)).toEqual(address);
  });

  it.each(['', 'x', '0', '65536', 'mx.example.org:80', '127.0.0.1:', ':80'])('refuses %j', (text) => {
    expect(() => httpAddress(text)).toThrow(/not a port/);
  });
});

describe('serve --check', () => {
  const check = (...args: readonly string[]): Promise<Ran> =>
    spamdSync(['serve', '--check', '-y', '127.0.0.1', '--control', join(folder, 'control'), ...args]);

  it('says what would be done, and leaves nothing behind', async () => {
    const ran = await check(
      '--empty-key',
      '-Y',
      '127.0.0.1',
      '--greyd-target',
      '127.0.0.2',
      '--store',
      `level:${join(folder, 'state')}`,
      '--milter',
      'inet:[::1]:10024',
    );
    expect(ran.err).toBe('');
    expect(ran.out).toMatch(/^key: {6}signs with key [0-9a-f]{4}-/);
    expect(ran.out).toContain(`store:    level:${join(folder, 'state')}: would be made\n`);
    expect(ran.out).toContain('peer:     listens on 127.0.0.1, port 8025\n');
    expect(ran.out).toContain('target:   127.0.0.1 (spamd): 127.0.0.1\ntarget:   127.0.0.2 (greyd): 127.0.0.2\n');
    expect(ran.out).toContain(`control:  ${join(folder, 'control')}: would be served on\n`);
    expect(ran.out).toContain('milter:   inet:[::1]:10024: would be served on\n');
    expect(ran.exit).toBe(0);
    await expect(rm(join(folder, 'state'))).rejects.toThrow(/ENOENT/);
  });

  it('finds the daemon that serves', async () => {
    const greylist = new Greylist();
    const served = await serveGreylist(greylist, join(folder, 'control'));
    const ran = await check('--empty-key', '--store', 'memory');
    expect(ran.out).toContain(`control:  ${join(folder, 'control')}: a daemon serves on it now\n`);
    expect(ran.exit).toBe(0);
    await served.close();
    await greylist.close();
  });

  it('names the file of what is no spamtrap', async () => {
    const file = join(folder, 'spamtraps');
    await writeFile(file, 'trap@example.net\nnobody\n');
    const ran = await check('--empty-key', '--store', 'memory', '--spamtraps', file);
    expect(ran.err).toBe(`spamd-sync: ${file}: address is not a mail address: "nobody"; see --help\n`);
    expect(ran.exit).toBe(2);
  });

  it.each([
    [['--empty-key', '--passtime', '5h', '--store', 'memory'], /^spamd-sync: --passtime: not less/, 2],
    [['--empty-key', '--store', 'memory', '--subnet-ipv4', '33'], /^spamd-sync: --subnet-ipv4: /, 2],
    [['--empty-key', '-K', '/nowhere'], /^spamd-sync: -K and --empty-key exclude each other; see --help/, 2],
    [['-K', '/nowhere.key'], /^spamd-sync: there is no key file/, 3],
    [['--empty-key', '--store', 'level:/etc/passwd'], /^spamd-sync: \/etc\/passwd: not a directory$/m, 3],
    [
      ['--empty-key', '--store', 'memory', '--control', '/etc/passwd/control'],
      /^spamd-sync: \/etc\/passwd: not a dir/,
      3,
    ],
    [['--empty-key', '--store', 'memory', '--control', '/etc/passwd'], /passwd: something that is not a socket/, 3],
    [['--empty-key', '--store', 'memory', '--policy', `unix:/${'x'.repeat(103)}`], /--policy .* 1 to 103 bytes\n$/, 2],
    [['--empty-key', '--store', 'memory', '--exempt', '/nowhere'], /^spamd-sync: \/nowhere: no such file/, 3],
    [['--empty-key', '--store', 'memory', '--policy', 'unix:/nowhere/s'], /^spamd-sync: \/nowhere: no such file/, 3],
  ])('says in one line what is wrong: %j', async (args, line, exit) => {
    const ran = await check(...args);
    expect(ran.err).toMatch(line);
    expect(ran.err.trim().split('\n')).toHaveLength(1);
    expect(ran.exit).toBe(exit);
  });
});
