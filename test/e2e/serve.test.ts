import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SyncKey, SyncPeer } from 'spamd-sync';
import { LevelStore } from 'spamd-sync/level';
import { RemoteGreylist } from 'spamd-sync/socket';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { objects, spamdSync } from '../cli/cli.ts';
import { freeUdpPort } from '../support/free-port.ts';
import { Program } from './program.ts';
import { RedisServer } from './redis-server.ts';

const COMMAND = [process.execPath, '--import', 'tsx', 'src/cli/main.ts'];
const attempt = { ip: '192.0.2.7', helo: 'mx', from: '<a@example.org>', to: '<b@example.net>' };

let directory = '';
let control = '';
let store = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'spamd-sync-serve-'));
  control = join(directory, 'control');
  store = `level:${join(directory, 'state')}`;
});
afterEach(() => rmSync(directory, { recursive: true }));

function daemon(port: number, ...more: readonly string[]): Program {
  const args = ['serve', '-y', '127.0.0.1', '--empty-key', '-p', `${port}`, '--store', store, '--control', control];
  return new Program([...COMMAND, ...args, ...more]);
}

async function ready(program: Program): Promise<void> {
  await expect.poll(() => program.stdout + program.stderr, { timeout: 15_000 }).toMatch(/control socket/);
}

describe('the daemon', () => {
  test('makes the directory of its control socket', async () => {
    control = join(directory, 'run/spamd-sync/control');
    await using program = daemon(await freeUdpPort());
    await ready(program);
    expect(statSync(dirname(control)).mode & 0o777).toBe(0o750);
  });

  test('names the package to install where its store has none, also with --check', async () => {
    const words = /^spamd-sync: LevelStore needs the package classic-level.*npm install classic-level, with -g/;
    const hidden = ['--import', fileURLToPath(new URL('./hide-package.ts', import.meta.url))];
    for (const more of [[], ['--check']]) {
      const args = ['serve', '-y', '127.0.0.1', '--empty-key', '--store', store, '--control', control, ...more];
      await using program = new Program([...COMMAND.slice(0, 3), ...hidden, 'src/cli/main.ts', ...args]);
      expect(await program.ended).toBe(3);
      expect(program.stderr).toMatch(words);
    }
  });

  test('applies what the group announces, answers the commands, and stops in order at SIGTERM', async () => {
    const port = await freeUdpPort();
    await using program = daemon(port, '--verbose', '--passtime', '10m');
    await ready(program);
    const options = { key: SyncKey.none(), listen: false, targets: [{ host: '127.0.0.1', port }] } as const;
    await using peer = await SyncPeer.open(options);
    await peer.trapped('192.0.2.66', Math.floor(Date.now() / 1000) + 3600);
    await expect
      .poll(() => program.stdout)
      .toMatch(/^\S+Z received TRAPPED ip 192\.0\.2\.66 until .* from 127\.0\.0\.1$/m);
    const records = async () => objects(await spamdSync(['list', '--json', '--control', control]));
    await expect.poll(records).toMatchObject([{ type: 'TRAPPED', ip: '192.0.2.66' }]);
    await using greylist = new RemoteGreylist(control);
    expect(await greylist.check(attempt)).toMatchObject({ action: 'defer', retryAfter: 601 });
    program.signal('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(program.stdout).toMatch(/SIGTERM: stopping\n.*stopped\n$/);
    expect(program.stderr).toBe('');
  });

  test('keeps what it has acknowledged over kill -9, and takes its socket and directory again', async () => {
    const port = await freeUdpPort();
    const first = daemon(port);
    await ready(first);
    await spamdSync(['trap', '192.0.2.8', '--control', control]);
    // As long as a step may wait to be written.
    await new Promise((resolve) => setTimeout(resolve, 200));
    first.signal('SIGKILL');
    await first.ended;
    await using second = daemon(port);
    await ready(second);
    const records = objects(await spamdSync(['list', '--json', '--control', control]));
    expect(records).toMatchObject([{ type: 'TRAPPED', ip: '192.0.2.8' }]);
  });

  test('is refused where another has its port, and that one serves on', async () => {
    const port = await freeUdpPort();
    await using first = daemon(port);
    await ready(first);
    await using second = daemon(port, '--store', 'memory');
    expect(await second.ended).toBe(3);
    expect(second.stderr).toMatch(/^spamd-sync: cannot listen on 127\.0\.0\.1:\d+: the port is in use.*\n$/);
    expect((await spamdSync(['stats', '--control', control])).exit).toBe(0);
  });

  test('with a line that is no spamtrap keeps the key and the policy too', async () => {
    const [key, spamtraps] = [join(directory, 'key'), join(directory, 'spamtraps')];
    writeFileSync(key, 'one', { mode: 0o600 });
    writeFileSync(spamtraps, '');
    const args = ['serve', '-y', '127.0.0.1', '-K', key, '-p', `${await freeUdpPort()}`, '--control', control];
    await using program = new Program([...COMMAND, ...args, '--store', 'memory', '--spamtraps', spamtraps]);
    await ready(program);
    const before = (await spamdSync(['keys', '--control', control])).out;
    writeFileSync(key, 'two');
    writeFileSync(spamtraps, 'new@example.net\nnobody\n');
    program.signal('SIGHUP');
    await expect.poll(() => program.stdout).toMatch(/SIGHUP: nothing is changed: .*spamtraps: .*"nobody"/);
    expect((await spamdSync(['keys', '--control', control])).out).toBe(before);
    expect((await spamdSync(['spamtrap', 'list', '--control', control])).out).toBe('');
  });
});

describe('a second daemon', () => {
  test('is refused the directory of another, which serves on', async () => {
    const port = await freeUdpPort();
    await using first = daemon(port);
    await ready(first);
    const args = ['serve', '-y', '127.0.0.1', '--empty-key', '-p', `${await freeUdpPort()}`, '--store', store];
    await using second = new Program([...COMMAND, ...args, '--control', join(directory, 'other')]);
    expect(await second.ended).toBe(3);
    expect(second.stdout).toMatch(/another process has .*; waiting 10 s for it to end\n$/);
    expect(second.stderr).toMatch(/^spamd-sync: [^\n]*state[^\n]*\n$/);
    expect((await spamdSync(['trap', '192.0.2.8', '--control', control])).exit).toBe(0);
  });

  test('is refused the socket of another, which serves on', async () => {
    await using first = daemon(await freeUdpPort());
    await ready(first);
    await using second = daemon(await freeUdpPort(), '--store', 'memory');
    expect(await second.ended).toBe(3);
    expect(second.stderr).toMatch(/^spamd-sync: cannot listen on .*: another process answers on it\n$/);
    expect((await spamdSync(['stats', '--control', control])).exit).toBe(0);
  });
});

describe('SIGHUP', () => {
  test('changes the key with an overlap, the policy and the spamtraps, and loses no datagram and no question', async () => {
    const port = await freeUdpPort();
    const [key, spamtraps] = [join(directory, 'key'), join(directory, 'spamtraps')];
    const exempt = join(directory, 'exempt');
    writeFileSync(exempt, '');
    writeFileSync(key, 'one', { mode: 0o600 });
    writeFileSync(spamtraps, 'old@example.net\n');
    const args = ['serve', '-y', '127.0.0.1', '-K', key, '-p', `${port}`, '--store', 'memory', '--control', control];
    await using program = new Program([...COMMAND, ...args, '--spamtraps', spamtraps, '--exempt', exempt]);
    await ready(program);
    const targets = [{ host: '127.0.0.1', port }];
    const open = (secret: string) =>
      SyncPeer.open({ key: SyncKey.fromBytes(Buffer.from(secret)), listen: false, targets });
    await using before = await open('one');
    await using after = await open('two');
    const expires = Math.floor(Date.now() / 1000) + 3600;
    await using greylist = new RemoteGreylist(control, { timeout: 30 });
    const failures: unknown[] = [];
    greylist.on('warning', ({ error }) => failures.push(error));
    writeFileSync(key, 'two');
    writeFileSync(spamtraps, 'new@example.net\n');
    writeFileSync(exempt, '192.0.2.99\n');
    program.signal('SIGHUP');
    for (let i = 0; i < 100; i++) {
      await before.trapped(`198.51.100.${i}`, expires);
      const ip = `203.0.113.${i}`;
      expect(await greylist.check({ ...attempt, ip })).toMatchObject({ reason: 'first-sight' });
    }
    await expect.poll(() => program.stdout).toMatch(/SIGHUP: read again; signs with key (\S+); accepts \S+\n/);
    await after.trapped('192.0.2.1', expires);
    const held = async () => objects(await spamdSync(['list', '--json', '--type', 'trapped', '--control', control]));
    await expect.poll(async () => (await held()).length).toBe(101);
    expect(await greylist.spamtraps.has('new@example.net')).toBe(true);
    expect(await greylist.check({ ...attempt, ip: '192.0.2.99' })).toMatchObject({ reason: 'exempt' });
    expect(failures).toEqual([]);
  });

  test('with a file that cannot be read changes nothing, and says so', async () => {
    const key = join(directory, 'key');
    writeFileSync(key, 'one', { mode: 0o600 });
    const args = ['serve', '-y', '127.0.0.1', '-K', key, '-p', `${await freeUdpPort()}`, '--control', control];
    await using program = new Program([...COMMAND, ...args, '--store', 'memory']);
    await ready(program);
    rmSync(key);
    program.signal('SIGHUP');
    await expect.poll(() => program.stdout).toMatch(/SIGHUP: nothing is changed: there is no key file /);
    expect((await spamdSync(['stats', '--control', control])).exit).toBe(0);
  });
});

test('the daemon keeps the greylist in Redis, and says where it cannot', async () => {
  await using redis = await RedisServer.start();
  store = `redis:${redis.url}`;
  const port = await freeUdpPort();
  {
    await using program = daemon(port);
    await ready(program);
    expect((await spamdSync(['trap', '192.0.2.8', '--control', control])).exit).toBe(0);
    program.signal('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(program.stderr).toBe('');
  }
  {
    await using program = daemon(port);
    await ready(program);
    const records = objects(await spamdSync(['list', '--json', '--control', control]));
    expect(records).toMatchObject([{ type: 'TRAPPED', ip: '192.0.2.8' }]);
    await redis.stop();
    await using greylist = new RemoteGreylist(control, { timeout: 30 });
    expect(await greylist.check(attempt)).toMatchObject({ action: 'pass', reason: 'error' });
    await redis.start();
    const verdict = async () => (await greylist.check(attempt)).reason;
    await expect.poll(verdict, { timeout: 15_000 }).toMatch(/first-sight|too-soon/);
  }
  await redis.stop();
  await using program = daemon(port);
  expect(await program.ended).toBe(3);
  expect(program.stderr).toMatch(/^spamd-sync: redis:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED .*\n$/);
});

test('systemd is told when the daemon serves, reads again and stops, and that it lives', async () => {
  const socket = join(directory, 'notify');
  const listen = `import socket,sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
while True:
    print(s.recv(4096).decode().replace(chr(10), ' '), flush=True)`;
  await using manager = new Program(['python3', '-c', listen, socket]);
  await expect.poll(() => manager.stdout).toMatch(/bound/);
  const env = { ...process.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000000' };
  const args = ['serve', '-y', '127.0.0.1', '--empty-key', '-p', `${await freeUdpPort()}`, '--control', control];
  await using program = new Program([...COMMAND, ...args, '--store', 'memory'], [], env);
  await expect.poll(() => manager.stdout, { timeout: 15_000 }).toMatch(/READY=1 STATUS=listening on 127\.0\.0\.1:/);
  await expect.poll(() => manager.stdout).toMatch(/WATCHDOG=1/);
  program.signal('SIGHUP');
  await expect.poll(() => manager.stdout).toMatch(/RELOADING=1[\s\S]*READY=1/);
  program.signal('SIGTERM');
  expect(await program.ended).toBe(0);
  expect(manager.stdout).toMatch(/STOPPING=1/);
  expect(program.stdout).not.toContain('warning: systemd');
});

test('the daemon that waits for a directory stops at once when it is asked to', async () => {
  const held = await LevelStore.open(join(directory, 'state'));
  await using program = daemon(await freeUdpPort());
  await expect.poll(() => program.stdout, { timeout: 15_000 }).toMatch(/another process has .*; waiting 10 s/);
  program.signal('SIGTERM');
  expect(await program.ended).toBe(0);
  expect(program.stdout).toMatch(/SIGTERM: stopping\n.*stopped\n$/);
  await held.close();
});

test('the daemon whose log nobody reads any more closes what it has open, and says why', async () => {
  const port = await freeUdpPort();
  const options = `-y 127.0.0.1 --empty-key -p ${port} --store ${store} --control ${control} --verbose`;
  const line = `${COMMAND.join(' ')} serve ${options} | head -n 1; echo \${PIPESTATUS[0]}`;
  await using program = new Program(['bash', '-c', line]);
  await expect.poll(() => program.stdout, { timeout: 15_000 }).toMatch(/warning/);
  await using peer = await SyncPeer.open({
    key: SyncKey.none(),
    listen: false,
    targets: [{ host: '127.0.0.1', port }],
  });
  const ended = program.ended;
  // What is written first when nobody reads may still find room in the pipe.
  for (let i = 1; program.running && i < 250; i++) {
    await peer.trapped(`192.0.2.${i}`, Math.floor(Date.now() / 1000) + 3600);
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 50))]);
  }
  expect(await ended).toBe(0);
  expect(program.stdout).toMatch(/\n3\n$/);
  expect(program.stderr).toBe('spamd-sync: cannot print: write EPIPE\n');
  // Nothing of it is left: the directory can be had at once.
  await (await LevelStore.open(join(directory, 'state'))).close();
});

test('output that has no room is said in one line', async () => {
  await using program = new Program(['bash', '-c', `${COMMAND.join(' ')} decode -x 0202 > /dev/full`]);
  expect(await program.ended).toBe(3);
  expect(program.stderr).toMatch(/^spamd-sync: (cannot print: )?.*ENOSPC.*\n$|^spamd-sync: .*no space left.*\n$/);
});

test('a reader that closes the pipe ends the command, which is no failure', async () => {
  const line = `${COMMAND.join(' ')} decode ${Array.from({ length: 50 }, () => '-x 0202').join(' ')} | head -n 1; echo \${PIPESTATUS[0]}`;
  await using program = new Program(['bash', '-c', line]);
  expect(await program.ended).toBe(0);
  // 1: the datagram is not sound, where all of it went into the pipe before head ended.
  expect(program.stdout).toMatch(/^-x line 1: 2 bytes\n[01]\n$/);
  expect(program.stderr).toBe('');
});
