import { randomBytes } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { Command } from 'commander';
import { SyncKey } from '../index.ts';
import type { Io } from './terminal/io.ts';
import { Output } from './terminal/output.ts';

/** The size of a key file, bytes. What counts is its SHA-1, of 160 bits. */
const SIZE = 64;

export function keygenCommand(io: Io): Command {
  return new Command('keygen')
    .description('makes a key file of 64 random bytes that only its owner can read')
    .argument('<file>', 'the file to make, such as /etc/mail/spamd.key; an existing file is never overwritten')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  spamd-sync keygen spamd.key && scp spamd.key mx2:/etc/mail/spamd.key')
    .action(async (path: string, { json = false }: { json?: boolean }) => {
      const bytes = randomBytes(SIZE);
      await create(path, bytes);
      const fingerprint = SyncKey.fromBytes(bytes).fingerprint;
      await new Output(io.stdout, json).print({ file: path, fingerprint }, () => [
        `${path}: a key of ${SIZE} random bytes, fingerprint ${fingerprint}`,
        'Copy it to every host of the group, over SSH. Every byte of it counts.',
      ]);
    });
}

async function create(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw new Error(`${path} is there already, and stays as it is`);
    throw error;
  });
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    // A key file that is cut short would be a valid key, and it would stay.
    await unlink(path).catch(() => {});
    throw error instanceof Error ? Object.assign(error, { path }) : error;
  } finally {
    await file.close();
  }
}
