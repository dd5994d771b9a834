import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a directory, and the missing directories above it, if it does not exist.
 *
 * The directories are made one after the other, without the option `recursive` of Node's `mkdir`. With that option Node
 * tries without end where the system says ENOENT though the directory above exists, as in /proc. It also hides that a
 * file system is read-only.
 *
 * @param mode The mode of each directory that is made.
 * @throws The system's error, with its code; ENOTDIR if something other than a directory has that path.
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
    // The directory may exist already on a file system that is read-only.
    const isThere = await stat(path).then(
      (stats) => stats.isDirectory(),
      () => undefined,
    );
    if (isThere === false) throw Object.assign(new Error(`${path}: not a directory`), { code: 'ENOTDIR', path });
    if (isThere === undefined) throw error;
  }
}
