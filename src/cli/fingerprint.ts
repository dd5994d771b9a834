import { Command } from 'commander';
import { SyncKey } from '../index.ts';
import type { Io } from './terminal/io.ts';
import { Output } from './terminal/output.ts';

export function fingerprintCommand(io: Io): Command {
  return new Command('fingerprint')
    .description('prints the fingerprint of a key, by which two hosts can compare their keys without showing them')
    .argument('<file...>', 'key files')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', '\nExample:\n  spamd-sync fingerprint /etc/mail/spamd.key')
    .action(async (paths: readonly string[], { json = false }: { json?: boolean }) => {
      const out = new Output(io.stdout, json);
      for (const path of paths) {
        const { fingerprint, warnings } = await SyncKey.fromFile(path);
        await out.print({ file: path, fingerprint, warnings }, () => [
          `${fingerprint}  ${path}`,
          ...warnings.map((warning) => out.marked('bad', `warning: ${warning}`)),
        ]);
      }
    });
}
