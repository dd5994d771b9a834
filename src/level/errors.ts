import { SpamdSyncError, shown, systemCode } from '../errors.ts';

/** What went wrong in a directory, and what to do about it. */
export function storeError(directory: string, error: unknown): SpamdSyncError {
  if (error instanceof SpamdSyncError) return error;
  // The message of LevelDB's error often says only that the database is not open; its cause says why.
  const cause = error instanceof Error && systemCode(error.cause) !== undefined ? error.cause : error;
  const code = systemCode(cause) ?? '';
  const said = cause instanceof Error ? cause.message : String(cause);
  switch (code) {
    case 'LEVEL_LOCKED':
      return locked(directory, cause);
    case 'LEVEL_CORRUPTION':
      return damaged(directory, said, cause);
    default: {
      const what = `${advice(`${code} ${said}`)}: ${said}`;
      return new SpamdSyncError('ERR_SPAMD_STORE', `store ${shown(directory)}: ${what}`, { cause });
    }
  }
}

/** Runs a task. Any error that it fails with goes through {@link storeError}. */
export async function translated<T>(directory: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw storeError(directory, error);
  }
}

export function damaged(directory: string, what: string, cause?: unknown): SpamdSyncError {
  return new SpamdSyncError(
    'ERR_SPAMD_STORE_DAMAGED',
    `store ${shown(directory)} is damaged (${what}): close it, copy the directory, then spamd-sync repair, or LevelStore.repair()`,
    { cause },
  );
}

export function damagedRecord(directory: string, key: string): SpamdSyncError {
  return damaged(directory, `the record ${shown(key)} fails its checksum`);
}

export function locked(directory: string, cause: unknown): SpamdSyncError {
  return new SpamdSyncError(
    'ERR_SPAMD_STORE_LOCKED',
    `store ${shown(directory)} is in use by another process, or opened twice by this one: close it there first`,
    { cause },
  );
}

export function closed(directory: string): SpamdSyncError {
  return new SpamdSyncError('ERR_SPAMD_CLOSED', `store ${shown(directory)} is closed`);
}

/** Whether LevelDB says that it is not open, or was closed meanwhile. */
export function isNotOpen(error: unknown): boolean {
  return /^LEVEL_(DATABASE|ITERATOR)_NOT_OPEN$/.test(systemCode(error) ?? '');
}

function advice(said: string): string {
  if (/EACCES|EPERM|Permission denied/i.test(said))
    return 'not permitted; let the user that runs this read and write it';
  if (/ENOSPC|EDQUOT|EFBIG|No space|quota|too large/i.test(said))
    return 'no room on the disk; make some, it tries again by itself';
  if (/EROFS|Read-only/i.test(said)) return 'the file system is read-only';
  if (/ENOTDIR|EEXIST|Not a directory/i.test(said)) return 'not a directory';
  if (/EMFILE|ENFILE|Too many open files/i.test(said)) return 'too many open files; raise the limit (ulimit -n)';
  if (/EAFNOSUPPORT/.test(said))
    return 'the process may not make Unix sockets, by which a directory has one owner; allow AF_UNIX (RestrictAddressFamilies of systemd)';
  if (/LEVEL_DATABASE_NOT_OPEN/.test(said))
    return 'cannot be opened again after it failed; it is tried again by itself';
  return 'the system refused';
}
