import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SyncKey, SyncPeer } from 'spamd-sync';
import { LevelStore } from 'spamd-sync/level';
import { RemoteGreylist } from 'spamd-sync/socket';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { objects, spamdSync } from '../cli/cli.ts';
import { Program } from './program.ts';

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

/** A UDP port that is free on loopback. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await once(socket.close(), 'close');
  return port;
}

function daemon(port: number, ...more: readonly string[]): Program {
  const args = ['serve', '-y', '127.0.0.1', '--empty-key', '-p', `${port}`, '--store', store, '--control', control];
  return new Program([...COMMAND, ...args, ...more]);
}

async function ready(program: Program): Promise<void> {
  await expect.poll(() => program.stdout + program.stderr, { timeout: 15_000 }).toMatch(/control socket/);
}

describe('the daemon', () => {
  test('applies what the group announces, answers the commands, and stops in order at SIGTERM', async () => {
    const port = await freePort();
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
    const port = await freePort();
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
    const port = await freePort();
    await using first = daemon(port);
    await ready(first);
    await using second = daemon(port, '--store', 'memory');
    expect(await second.ended).toBe(3);
    expect(second.stderr).toMatch(/^spamd-sync: cannot listen on 127\.0\.0\.1:\d+: the port is in use.*\n$/);
    expect((await spamdSync(['stats', '--control', control])).exit).toBe(0);
  });
});

test('the daemon that waits for a directory stops at once when it is asked to', async () => {
  const held = await LevelStore.open(join(directory, 'state'));
  await using program = daemon(await freePort());
  await expect.poll(() => program.stdout, { timeout: 15_000 }).toMatch(/another process has .*; waiting 10 s/);
  program.signal('SIGTERM');
  expect(await program.ended).toBe(0);
  expect(program.stdout).toMatch(/SIGTERM: stopping\n.*stopped\n$/);
  await held.close();
});

test('the daemon whose log nobody reads any more closes what it has open, and says why', async () => {
  const port = await freePort();
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
