import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SyncKey } from 'spamd-sync';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, openPeer, run, start } from './recipe.ts';

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

test('a bridge passes each entry on in the other dialect, and two bridges do not send it in a circle', async () => {
  const [spamdPort, greydPort] = [await freePort(), await freePort()];
  const ends = { spamd: '127.77.1.1', greyd: '127.77.2.1' };
  const bridges = [2, 3].map((host) => {
    const other = host === 2 ? 3 : 2;
    const side = (name: 'spamd' | 'greyd', net: number, port: number) => [
      ...[`--${name}-listen`, `127.77.${net}.${host}`, `--${name}-port`, `${port}`],
      ...[`--${name}-target`, ends[name], `--${name}-target`, `127.77.${net}.${other}`],
    ];
    return start('bridge', ['--spamd-key', keyFile, ...side('spamd', 1, spamdPort), ...side('greyd', 2, greydPort)]);
  });
  await using spamd = await openPeer(key, ends.spamd, spamdPort, ['127.77.1.2', '127.77.1.3']);
  await using greyd = await openPeer(key, ends.greyd, greydPort, ['127.77.2.2', '127.77.2.3']);
  for (const { printed } of bridges) await expect.poll(() => printed.stdout, { timeout: 20_000 }).toContain('bridging');

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
  for (const { interrupt } of bridges) interrupt();
  for (const { ended } of bridges) {
    const { status, stdout, stderr } = await ended;
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    // Each passes each of the four on once, to whichever side it did not receive it on first.
    const passedOn = [...stdout.matchAll(/group: (\d+) entr(?:y|ies) passed on/g)].map(([, count]) => Number(count));
    expect(passedOn.reduce((sum, count) => sum + count, 0)).toBe(4);
  }
});

test('a bridge with one side is refused', async () => {
  const outcome = await run('bridge', ['--spamd-listen', '127.77.1.4', '--spamd-key', keyFile]);
  const stderr = 'bridge: --spamd-listen and --spamd-target: give both; see --help\n';
  expect(outcome).toEqual({ status: 1, stdout: '', stderr });
});
