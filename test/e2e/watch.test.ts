import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SyncKey, SyncPeer } from 'spamd-sync';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { objects, spamdSync } from '../cli/cli.ts';
import { freeUdpPort } from '../support/free-port.ts';
import { Program } from './program.ts';

const COMMAND = [process.execPath, '--import', 'tsx', 'src/cli/main.ts'];
const KEY_WARNING = 'spamd-sync: warning: no key: whoever can send this host a datagram can write to its greylist\n';
const PATIENCE = { timeout: 40_000 };

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spamd-sync-watch-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** A peer that announces to the port, again and again, until it is disposed of. */
async function announcing(port: number): Promise<AsyncDisposable> {
  const peer = await SyncPeer.open({ key: SyncKey.none(), listen: false, targets: [{ host: '127.0.0.1', port }] });
  let at = 0;
  const timer = setInterval(() => {
    void peer.trapped(`198.51.100.${at++ % 250}`, Math.floor(Date.now() / 1000) + 3600).catch(() => {});
  }, 50);
  return {
    [Symbol.asyncDispose]: () => {
      clearInterval(timer);
      return peer.close();
    },
  };
}

const LINE = /^\S+Z from 127\.0\.0\.1 TRAPPED ip 198\.51\.100\.\d+ until \S+ sent \S+$/m;

test('watch and peers show the group of a running daemon, and watch ends with 0 at Ctrl-C', async () => {
  const port = await freeUdpPort();
  const control = join(directory, 'control');
  const serve = ['serve', '-y', '127.0.0.1', '--empty-key', '-p', `${port}`, '--store', 'memory', '--control', control];
  await using daemon = new Program([...COMMAND, ...serve]);
  await expect.poll(() => daemon.stdout, PATIENCE).toMatch(/control socket/);
  await using _peer = await announcing(port);
  await using watch = new Program([...COMMAND, 'watch', '--control', control]);
  await expect.poll(() => watch.stdout, PATIENCE).toMatch(LINE);
  const [row] = objects(await spamdSync(['peers', '--json', '--control', control]));
  expect(row).toMatchObject({ address: '127.0.0.1', state: 'heard', reach: 1, lost: 0 });
  expect((await spamdSync(['keys', '--control', control])).exit).toBe(0);
  watch.signal('SIGINT');
  expect(await watch.ended).toBe(0);
  expect(watch.stderr).toBe('');
  daemon.signal('SIGTERM');
  expect(await daemon.ended).toBe(0);
}, 120_000);

test('watch listens by itself, and a reader that closes the pipe ends it, which is no failure', async () => {
  const port = await freeUdpPort();
  await using _peer = await announcing(port);
  const line = `${COMMAND.join(' ')} watch -y 127.0.0.1 --empty-key -p ${port} | head -n 2; echo \${PIPESTATUS[0]}`;
  await using program = new Program(['bash', '-c', line]);
  expect(await program.ended).toBe(0);
  const lines = program.stdout.trim().split('\n');
  expect(lines).toEqual([expect.stringMatching(LINE), expect.stringMatching(LINE), '0']);
  expect(program.stderr).toMatch(/^\S+Z warning: no key: .*\n$/);
}, 120_000);

test('a terminal shows colours and a bar, a pipe neither', async () => {
  const port = await freeUdpPort();
  const mx = await SyncPeer.open({ key: SyncKey.none(), listen: '127.0.0.1', port });
  const lines = Array.from({ length: 400 }, (_, at) => `TRAPPED|198.18.${at >> 8}.${at & 255}|4000000000\n`);
  const dump = join(directory, 'dump');
  writeFileSync(dump, lines.join(''));
  const seed = [...COMMAND, 'seed', dump, '--to', '127.0.0.1', '-p', `${port}`, '--empty-key', '--rate', '5'];
  await using terminal = new Program(['script', '-qec', seed.join(' '), '/dev/null']);
  await terminal.ended;
  expect(terminal.stdout).toMatch(/\r.\[K\[#+ *\] \d+ of 400, \d datagrams/);
  expect(terminal.stdout).toContain('400 of 400 entries sent to 127.0.0.1');
  await using pipe = new Program(seed);
  expect(await pipe.ended).toBe(0);
  expect(pipe.stdout).toBe('400 of 400 entries sent to 127.0.0.1; 5 datagrams in all\n');
  expect(pipe.stderr).toBe(KEY_WARNING);
  await mx.close();
}, 120_000);
