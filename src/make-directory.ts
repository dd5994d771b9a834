import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a directory, and those above it, where there is none.
 *
 * One after the other: the option `recursive` of mkdir(2)'s wrapper tries without end where the system says ENOENT though the
 * directory above is there, as in /proc, and hides that a file system is read-only.
 *
 * @param mode Of each that is made.
 * @throws What the system says, with its code; ENOTDIR for anything else that is there.
 */
export async function makeDirectory(path: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && dirname(path) !== path) {
      await makeDirectory(dirname(path), mode);
      await mkdir(path, { mode });
      return;
    }
    // A file system that is read-only may hold it already.
    const isThere = await stat(path).then(
      (stats) => stats.isDirectory(),
      () => undefined,
    );
    if (isThere === false) throw Object.assign(new Error(`${path}: not a directory`), { code: 'ENOTDIR', path });
    if (isThere === undefined) throw error;
  }
}
