import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SyncKey } from 'spamd-sync';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPeer } from '../examples/recipe.ts';
import { freeUdpPort } from '../support/free-port.ts';
import { objects, spamdSync } from './cli.ts';

const NOW = Math.floor(Date.now() / 1000);
const KEY_FILE = 'secret\n';
const key = SyncKey.fromBytes(Buffer.from(KEY_FILE));

let directory: string;
let keyFile: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spamd-sync-'));
  keyFile = join(directory, 'spamd.key');
  writeFileSync(keyFile, KEY_FILE, { mode: 0o600 });
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Whether somebody has the address and port. */
async function reachable(address: string, port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const bound = once(socket.bind(port, address), 'listening').then(
    () => false,
    () => true,
  );
  const isTaken = await bound;
  socket.close();
  return isTaken;
}

test('a bridge passes each entry on in the other dialect, and two bridges do not send it in a circle', async () => {
  const [spamdPort, greydPort] = [await freeUdpPort(), await freeUdpPort()];
  const ends = { spamd: '127.77.1.1', greyd: '127.77.2.1' };
  const bridges = [2, 3].map((host) => {
    const other = host === 2 ? 3 : 2;
    const side = (name: 'a' | 'b', end: string, net: number, port: number) => [
      ...[`--${name}-listen`, `127.77.${net}.${host}`, `--${name}-port`, `${port}`],
      ...[`--${name}-target`, end, `--${name}-target`, `127.77.${net}.${other}`],
    ];
    const sides = [...side('a', ends.spamd, 1, spamdPort), ...side('b', ends.greyd, 2, greydPort)];
    return spamdSync(['bridge', '--json', '--a-key', keyFile, ...sides, '--b-dialect', 'greyd']);
  });
  await using spamd = await openPeer(key, ends.spamd, spamdPort, ['127.77.1.2', '127.77.1.3']);
  await using greyd = await openPeer(key, ends.greyd, greydPort, ['127.77.2.2', '127.77.2.3']);
  // Until both bridges are there.
  for (const host of [2, 3]) {
    await expect.poll(() => reachable(`127.77.1.${host}`, spamdPort)).toBe(true);
    await expect.poll(() => reachable(`127.77.2.${host}`, greydPort)).toBe(true);
  }
  // Through one bridge only, so that their datagrams differ from here on and no copy is dropped for a duplicate.
  await using outsider = await openPeer(key, '127.77.1.4', spamdPort, ['127.77.1.2']);
  await outsider.peer.trapped('198.51.100.8', 4_000_000_000);
  await expect.poll(() => greyd.received.length).toBeGreaterThan(0);

  const tuple = { ip: '192.0.2.25', helo: 'mail.example.org' };
  await spamd.peer.grey({ ...tuple, from: '<Alice@Example.org>', to: '<Bob@example.net>' });
  await greyd.peer.grey({ ...tuple, from: '<carol@example.org>', to: '<bob@example.net>' });
  await greyd.peer.announce([{ type: 'trapped', ip: '198.51.100.7', timestamp: NOW - 7200, expires: 4_000_000_000 }], {
    backdated: true,
  });

  const old = { type: 'trapped', ip: '198.51.100.7', timestamp: NOW - 7200, expires: 4_000_000_000 };
  await expect
    .poll(() => greyd.received)
    .toContainEqual(expect.objectContaining({ ...tuple, from: 'alice@example.org', to: 'bob@example.net' }));
  await expect
    .poll(() => spamd.received)
    .toContainEqual(expect.objectContaining({ ...tuple, from: '<carol@example.org>', to: '<bob@example.net>' }));
  await expect.poll(() => spamd.received).toContainEqual(old);

  // Time for an entry that goes in a circle to come by again.
  await sleep(500);
  process.emit('SIGINT');
  // Each passes each of the four on once, to whichever side it did not receive it on first.
  for (const ran of bridges) {
    const [{ fromA, fromB, failed }] = objects(await ran);
    expect({ passedOn: fromA + fromB, failed }).toEqual({ passedOn: 4, failed: 0 });
    const { err, exit } = await ran;
    expect(err).toMatch(/^\S+Z bridging\n$/);
    expect(exit).toBe(0);
  }
});

test('a bridge warns of the key of either side', async () => {
  const port = await freeUdpPort();
  const empty = join(directory, 'empty.key');
  writeFileSync(empty, '', { mode: 0o600 });
  const sides = ['a', 'b'].flatMap((side, at) => {
    const listen = `127.0.0.${at + 2}`;
    return [`--${side}-listen`, listen, `--${side}-target`, listen, `--${side}-port`, `${port}`];
  });
  const bridge = spamdSync(['bridge', ...sides, '--a-key', empty]);
  await expect.poll(() => reachable('127.0.0.3', port)).toBe(true);
  // Its warnings come in the next turn.
  await sleep(0);
  process.emit('SIGINT');
  const { err, exit } = await bridge;
  expect(
    err
      .split('\n')
      .map((line) => line.replace(/^\S+Z /, '').slice(0, 3))
      .sort(),
  ).toEqual(['', 'a: ', 'b: ', 'bri']);
  expect(exit).toBe(0);
});
