import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyDependencies, installPackage } from '../support/install.ts';

/** Each command, with what it cannot do: `%` is a path at which there is nothing. */
const COMMANDS: readonly (readonly [command: string, impossible: string])[] = [
  ['serve', '-y 127.0.0.1 -K %'],
  ['list', '--control %'],
  ['stats', '--control %'],
  ['why', '192.0.2.1 --control %'],
  ['watch', '--control %'],
  ['peers', '--control %'],
  ['keys', '--control %'],
  ['doctor', '-y 127.0.0.1 -K %'],
  ['send', 'white 192.0.2.1 -Y 127.0.0.1 -K %'],
  ['seed', '% --to 127.0.0.1 --empty-key'],
  ['bridge', '--a-listen 127.0.0.1 --a-target 127.0.0.1 --b-listen 127.0.0.2 --b-target 127.0.0.2 --a-key %'],
  ['diff', 'daemon /dev/null --control %'],
  ['allow', '192.0.2.1 --control %'],
  ['trap', '192.0.2.1 --control %'],
  ['forget', '192.0.2.1 --control %'],
  ['release', '192.0.2.1 --control %'],
  ['spamtrap list', '--control %'],
  ['spamtrap add', 'a@example.net --control %'],
  ['spamtrap delete', 'a@example.net --control %'],
  ['import', 'dump --control %'],
  ['export', '--control %'],
  ['table', '--pf spamd --once --control %'],
  ['traplist', 'list --from %'],
  ['candidates', '--domain example.net --users %'],
  ['probes', '--from %'],
  ['follow-log', '%'],
  ['tarpit', '--control %'],
  ['decode', '%'],
  ['repair', '%'],
  ['keygen', '%/key'],
  ['fingerprint', '%'],
];
/** What the daemon of a host is asked for, and how, by those that ask it. */
const ASKING = COMMANDS.filter(([, impossible]) => impossible.includes('--control %'));

/** Nothing else of the environment: it may name a daemon. */
const { PATH } = process.env;
const folder = mkdtempSync(join(tmpdir(), 'spamd-sync-commands-'));
let main = '';

beforeAll(async () => {
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'dump'), 'TRAPPED|192.0.2.1|4000000000\n');
  main = await installPackage(folder);
  copyDependencies(folder);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly out: string;
  readonly err: string;
  readonly exit: number | null;
}

/** Runs a command in bash, `"$@"` in the script, as a user who may do little where this one is root. */
async function bash(script: string, line: string, isNobody = false): Promise<Ended> {
  const args = line.split(' ').map((word) => word.replaceAll('%', join(folder, 'none')));
  const options = isNobody ? { uid: 65_534, gid: 65_534 } : {};
  const child = spawn('bash', ['-c', script, 'bash', process.execPath, main, ...args], {
    ...options,
    cwd: folder,
    env: { PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
    // The bound of all that is tried here: nothing hangs.
    timeout: 20_000,
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, err, exit] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { out, err, exit };
}

const ONE_LINE = /^spamd-sync: [^\n]+\n$/;

describe.each(COMMANDS)('%s', (command, impossible) => {
  test('has a help that a pipe may close, and that fails where it cannot be printed', async () => {
    const help = `${command} --help`;
    const [closed, full] = await Promise.all([
      bash('"$@" | true; exit $PIPESTATUS', help),
      bash('"$@" > /dev/full', help),
    ]);
    expect(closed).toEqual({ out: '', err: '', exit: 0 });
    expect(full).toEqual({ out: '', err: expect.stringMatching(/^spamd-sync: cannot print: ENOSPC.*\n$/), exit: 3 });
  });

  test('says in a line what is wrong: an unknown option, and what is not there, as root and as nobody', async () => {
    const [unknown, ...missing] = await Promise.all([
      bash('"$@"', `${command} ${impossible} --no-such-option`),
      bash('"$@"', `${command} ${impossible}`),
      bash('"$@"', `${command} ${impossible}`, process.getuid?.() === 0),
      bash('"$@" 0<&- 1>&-', `${command} ${impossible}`),
    ]);
    expect(unknown).toEqual({ out: '', err: expect.stringMatching(/unknown option '--no-such-option'/), exit: 2 });
    expect(unknown.err).toMatch(ONE_LINE);
    if (command === 'doctor') {
      // It is asked what is wrong, and that is its answer.
      expect(missing[0]).toMatchObject({ out: expect.stringContaining(join(folder, 'none')), err: '', exit: 1 });
      return;
    }
    for (const ended of missing) {
      expect(ended).toEqual({ out: '', err: expect.stringContaining(join(folder, 'none')), exit: 3 });
      expect(ended.err).toMatch(ONE_LINE);
    }
  });
});

describe('a command that asks', () => {
  test.each(ASKING)('%s names the socket on which nothing comes that is an answer', async (command, impossible) => {
    const path = join(folder, `socket-${command.replace(' ', '-')}`);
    const answers: readonly ((socket: Socket) => void)[] = [
      (socket) => socket.destroy(),
      (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
      () => {},
    ];
    const ended = await Promise.all(
      answers.map(async (answer, at) => {
        const server = createServer((socket) => answer(socket.on('error', () => {}))).listen(`${path}${at}`);
        const asked = await bash('"$@"', `${command} ${impossible.replace('%', `${path}${at}`)}`);
        server.close();
        return asked;
      }),
    );
    for (const [at, { err, exit }] of ended.entries()) {
      expect(err).toMatch(ONE_LINE);
      expect(err).toContain(`${path}${at}`);
      expect(exit).toBe(3);
    }
  });
});

test('a terminal as stdin is refused where a list is wanted', async () => {
  writeFileSync(join(folder, 'users'), 'bob@example.net\n');
  const lines = [
    'import',
    'decode',
    'follow-log',
    'probes --from -',
    'candidates --domain example.net --users users --log -',
    'traplist list --from -',
    'diff - users',
    'seed - --to 127.0.0.1 --empty-key',
    'send white -Y 127.0.0.1 --empty-key',
  ];
  for (const { out, exit } of await Promise.all(lines.map((line) => bash('script -qec "$*" /dev/null', line)))) {
    expect(out).toMatch(/^spamd-sync: nothing on stdin: [^\n]+\n$/);
    expect(exit).toBe(2);
  }
});

test('the doctor says who may read a key that this user may not', async () => {
  writeFileSync(join(folder, 'key'), 'a key\n', { mode: 0o600 });
  const { out, exit } = await bash('"$@"', 'doctor -Y 127.0.0.1 -K key', true);
  expect(out).toMatch(
    /^bad +key: .*cannot be read: permission denied\n +run this as root, or as the user of the daemon\n/,
  );
  expect(exit).toBe(1);
});
