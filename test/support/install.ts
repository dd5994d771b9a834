import { copyFileSync, mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Gives a directory this package, as it is now and as npm would install it, and what a program there may import besides.
 *
 * @returns The file of the command.
 */
export async function installPackage(directory: string): Promise<string> {
  const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
  const home = join(directory, 'node_modules/spamd-sync');
  mkdirSync(join(home, 'dist/cli'), { recursive: true });
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
    mkdirSync(join(directory, 'node_modules', name, '..'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(directory, 'node_modules', name));
  }
  copyFileSync(`${ROOT}package.json`, join(home, 'package.json'));
  const outDir = join(home, 'dist');
  await build({ config: `${ROOT}tsup.config.ts`, outDir, dts: false, clean: false, sourcemap: false, silent: true });
  // One directory is given for all that is built.
  const command = join(home, 'dist/cli/main.js');
  renameSync(join(outDir, 'main.js'), command);
  return command;
}
