import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
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
  const page = ['run', '--silent', 'page', '--', `--outdir=${join(home, 'dist/cli/page')}`];
  execFileSync('npm', page, { cwd: ROOT, stdio: 'ignore' });
  return join(home, 'dist/cli/main.js');
}

/**
 * Puts copies in the place of the links to what the command loads, for users who may not read this checkout. Once
 * {@link installPackage} is done.
 */
export function copyDependencies(directory: string): void {
  const { dependencies, peerDependencies } = manifestOf(ROOT);
  const copied = new Set<string>();
  const copy = (name: string): void => {
    const from = join(ROOT, 'node_modules', name);
    if (copied.has(name) || !existsSync(from)) return;
    copied.add(name);
    const to = join(directory, 'node_modules', name);
    rmSync(to, { recursive: true, force: true });
    cpSync(from, to, { recursive: true });
    for (const needed of Object.keys(manifestOf(from).dependencies ?? {})) copy(needed);
  };
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) copy(name);
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

function manifestOf(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
}
