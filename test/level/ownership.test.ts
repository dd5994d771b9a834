import { link, rename, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { LevelStore } from 'spamd-sync/level';
import { describe, expect, it } from 'vitest';
import { placeOfEach } from './setup.ts';

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
});
