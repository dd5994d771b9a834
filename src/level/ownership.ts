import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { systemCode } from '../errors.ts';
import { locked } from './errors.ts';

/** The size of the name of a socket, bytes (unix(7)). In the abstract namespace all of them are part of the name. */
const SOCKET_NAME = 108;
/**
 * A flag of the BSDs and macOS that Node has no name for: the open file is locked for the process that opened it
 * (open(2)).
 */
const O_EXLOCK = 0x20;

/** The ownership of a directory. */
export interface Ownership {
  /** Gives the ownership up. */
  release(): Promise<void>;
}

/**
 * Makes this store the only owner of a directory, before LevelDB touches the directory. LevelDB's own lock is not
 * enough. POSIX drops such a lock as soon as the process closes any descriptor of the file. So a second open of the
 * directory in one process is refused, but after it every other process can open the directory. The ownership here
 * belongs to the directory's device and inode, whatever its path is. A second owner is refused in the same process as
 * well as in another. Only `release` gives the ownership up, and it ends with the process, however the process ends.
 *
 * - Linux: a socket in the abstract namespace, where a name can be bound only once. Each network namespace has an
 *   abstract namespace of its own; between two of them only LevelDB's lock holds.
 * - The BSDs and macOS: a file `OWNER`, opened with a lock that belongs to that descriptor.
 * - Windows: nothing. LevelDB's lock there has no such weakness.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_STORE_LOCKED`; or an error of the system, unchanged.
 */
export async function ownership(directory: string): Promise<Ownership> {
  try {
    switch (process.platform) {
      case 'linux':
        return await abstractSocket(directory);
      case 'win32':
        return { release: async () => {} };
      default:
        return await lockedFile(directory);
    }
  } catch (cause) {
    const code = systemCode(cause);
    if (code === 'EADDRINUSE' || code === 'EAGAIN' || code === 'EWOULDBLOCK') throw locked(directory, cause);
    throw cause;
  }
}

async function abstractSocket(directory: string): Promise<Ownership> {
  const { dev, ino } = await stat(directory, { bigint: true });
  const server = createServer((socket) => socket.destroy());
  // The name is padded to its full size: some releases of Node add NUL up to there, others do not. The padding is not
  // NUL, which yet others refuse (EINVAL).
  await listening(server, `\0spamd-sync/level/${dev}/${ino}`.padEnd(SOCKET_NAME, '/'));
  // Any process may connect. If a connection cannot be accepted, that changes nothing.
  server.on('error', () => {});
  // The socket must not keep the program alive.
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // Exclusive: otherwise the socket of a worker of a Node cluster would belong to the primary, and outlive the
    // worker.
    server.listen({ path, exclusive: true }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

async function lockedFile(directory: string): Promise<Ownership> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | O_EXLOCK;
  const file: FileHandle = await open(join(directory, 'OWNER'), flags, 0o600);
  return { release: () => file.close() };
}
