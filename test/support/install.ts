import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';
import configs from '../../tsup.config.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Gives a directory this package, as it is now and as npm would install it, and what a program there may import besides.
 *
 * @returns The file of the command.
 */
export async function installPackage(directory: string): Promise<string> {
  const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
  const home = join(directory, 'node_modules/spamd-sync');
  mkdirSync(home, { recursive: true });
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
    mkdirSync(join(directory, 'node_modules', name, '..'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(directory, 'node_modules', name));
  }
  copyFileSync(`${ROOT}package.json`, join(home, 'package.json'));
  const options = { config: false, dts: false, clean: false, sourcemap: false, silent: true } as const;
  // The library and the command, each where it is as published.
  for (const config of [configs].flat()) {
    if (typeof config === 'function') throw new Error('tsup.config.ts: not a plain configuration');
    await build({ ...config, ...options, outDir: join(home, config.outDir ?? 'dist') });
  }
  return join(home, 'dist/cli/main.js');
}
