import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeDirectory } from '../src/make-directory.ts';

const top = mkdtempSync(join(tmpdir(), 'spamd-sync-directory-'));

afterAll(() => rmSync(top, { recursive: true }));

describe('makeDirectory', () => {
  it('makes those above it too, with the mode, and leaves one that is there as it is', async () => {
    const path = join(top, 'a/b/c');
    await makeDirectory(path, 0o750);
    for (const one of [path, join(top, 'a')]) expect(statSync(one).mode & 0o777).toBe(0o750);
    await makeDirectory(path, 0o700);
    expect(statSync(path).mode & 0o777).toBe(0o750);
  });

  it('refuses where a file is there, or above', async () => {
    writeFileSync(join(top, 'file'), '');
    await expect(makeDirectory(join(top, 'file'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(makeDirectory(join(top, 'file/a/b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('ends where the system makes no directory in one that is there', async () => {
    await expect(makeDirectory('/proc/none/a')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
