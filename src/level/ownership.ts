import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { systemCode } from '../errors.ts';
import { locked } from './errors.ts';

/** The bytes of the name of a socket (unix(7)). In the abstract namespace all of them count. */
const SOCKET_NAME = 108;
/** Of the BSDs and macOS, which Node does not name: the open file is locked for whoever opened it (open(2)). */
const O_EXLOCK = 0x20;

/** What is held of a directory by its owner. */
export interface Ownership {
  /** Lets go of it. */
  release(): Promise<void>;
}

/**
 * Makes a directory this store's alone, before LevelDB touches it. LevelDB has a lock of its own, which is not enough:
 * POSIX drops such a lock as soon as the process closes any descriptor of the file, so a second open of the directory in
 * one process, though refused, lets every other process in. What is held here knows the directory by device and inode,
 * whatever its path is, refuses within one process as between two, is dropped by nothing but `release`, and ends with the
 * process, however that ends.
 *
 * - Linux: a socket in the abstract namespace, whose name can be bound once. That namespace is one for each network
 *   namespace; between two, LevelDB's lock alone holds.
 * - The BSDs and macOS: a file `OWNER`, opened with a lock that belongs to that descriptor.
 * - Windows: nothing. LevelDB's lock there has no such weakness.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_STORE_LOCKED`, or of the system, as is.
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
  // To its end, or some releases of Node add NUL up to there and others do not; and not with NUL, which others refuse (EINVAL).
  await listening(server, `\0spamd-sync/level/${dev}/${ino}`.padEnd(SOCKET_NAME, '/'));
  // Anybody may connect, and whether that can be accepted changes nothing.
  server.on('error', () => {});
  // What keeps a program alive is for the program to say.
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // Exclusive: in a worker of a Node cluster it would be the primary's, and outlive the worker.
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
