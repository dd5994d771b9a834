import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { link, readFile, rename, stat, symlink } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { LevelStore } from 'spamd-sync/level';
import { describe, expect, it } from 'vitest';
import { storeError } from '../../src/level/errors.ts';
import { placeOfEach } from './setup.ts';

const LISTENING = 'tracing:net.server.listen:asyncStart';

const LOCKED = { code: 'ERR_SPAMD_STORE_LOCKED' };

const place = placeOfEach();

describe('the owner of a LevelStore', () => {
  it('a directory is known by whatever path it is opened', async () => {
    await using _store = await LevelStore.open(place.directory);
    await symlink(place.directory, join(place.top, 'link'));
    for (const path of [join(place.top, 'link'), `${place.top}/./store/`, join(place.top, 'x', '..', 'store')]) {
      await expect(LevelStore.open(path)).rejects.toMatchObject(LOCKED);
      await expect(LevelStore.repair(path)).rejects.toMatchObject(LOCKED);
    }
  });

  it('of two opens at the same time one has the directory', async () => {
    const opened = await Promise.allSettled([LevelStore.open(place.directory), LevelStore.open(place.directory)]);
    const refused = opened.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refused).toEqual([expect.objectContaining(LOCKED)]);
    for (const one of opened) if (one.status === 'fulfilled') await one.value.close();
  });

  it('a directory can be opened again after it was closed, and after it could not be opened', async () => {
    await (await LevelStore.open(place.directory)).close();
    const current = join(place.directory, 'CURRENT');
    await rename(current, `${current}.away`);
    await expect(LevelStore.open(place.directory)).rejects.toMatchObject({ code: 'ERR_SPAMD_STORE_DAMAGED' });
    await link(`${current}.away`, current);
    await (await LevelStore.open(place.directory)).close();
  });

  it('a directory that is not there is not repaired, and not made', async () => {
    await expect(LevelStore.repair(place.directory)).rejects.toMatchObject({ code: 'ERR_SPAMD_STORE' });
    await expect(stat(place.directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.runIf(process.platform === 'linux')(
    'a directory has the same socket on every release of Node, of which some refuse a NUL within',
    async () => {
      await using _store = await LevelStore.open(place.directory);
      const { dev, ino } = await stat(place.directory);
      const sockets = await readFile('/proc/net/unix', 'utf8');
      // The list has an `@` in the place of each NUL: the first alone is one.
      expect(sockets).toContain(` @${`spamd-sync/level/${dev}/${ino}`.padEnd(107, '/')}\n`);
    },
  );

  it.runIf(process.platform === 'linux')('a connection that cannot be accepted does not end the owner', async () => {
    const servers: Server[] = [];
    const note = (message: unknown): void => void servers.push((message as { server: Server }).server);
    subscribe(LISTENING, note);
    await using store = await LevelStore.open(place.directory);
    unsubscribe(LISTENING, note);
    expect(servers).toHaveLength(1);
    servers[0]?.emit('error', new Error('accept EMFILE'));
    expect(store.stats()).toMatchObject({ tuples: 0 });
  });
});

describe('what a LevelStore says of the system', () => {
  it('a process that may not make Unix sockets is told so', () => {
    const refused = Object.assign(new Error('listen EAFNOSUPPORT'), { code: 'EAFNOSUPPORT' });
    expect(storeError('greylist', refused)).toMatchObject({
      code: 'ERR_SPAMD_STORE',
      message: expect.stringContaining('allow AF_UNIX'),
    });
  });
});
