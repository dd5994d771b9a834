import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { cacheDirectory } from './cache.ts';
import { needHaraka } from './haraka-server.ts';
import { removeLeftovers } from './lab.ts';
import { OPENSMTPD } from './opensmtpd-server.ts';
import { hasRedis } from './redis-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** What every namespace, bridge and link of this run is called, so that they can be told from all others. */
    labPrefix: string;
  }
}

/** Sees to it that namespaces can be made, and that none is left behind, however the tests ended. */
export function setup(project: TestProject): () => void {
  needNamespaces();
  needPackage('redis-server', hasRedis);
  needPackage('tshark', () => works('tshark', ['--version']));
  needPackage('nftables', () => works('nft', ['--version']));
  needPackage('chromium', () => works('chromium', ['--version']));
  execFileSync('npm', ['run', '--silent', 'page'], { stdio: 'inherit' });
  needPackage('swaks', () => works('swaks', ['--version']));
  needOpenSmtpd();
  needHaraka();
  const prefix = `sy${process.pid.toString(36)}-`;
  project.provide('labPrefix', prefix);
  return () => removeLeftovers(prefix);
}

export function needNamespaces(): void {
  if (process.getuid?.() !== 0) throw new Error('network namespaces need root: run this suite as root on Linux');
  if (works('ip', ['-V'])) return;
  if (!works('apt-get', ['update', '-qq']) || !works('apt-get', ['install', '-y', '-qq', 'iproute2'])) {
    throw new Error('there is no ip program, and apt-get could not install it: install iproute2');
  }
}

/**
 * OpenSMTPD, unpacked beside the system: Debian allows one mail server at a time. Its libraries are installed.
 */
function needOpenSmtpd(): void {
  if (existsSync(OPENSMTPD)) return;
  const directory = cacheDirectory('opensmtpd');
  const output = (program: string, args: readonly string[]) =>
    execFileSync(program, args, { cwd: directory, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  output('apt-get', ['update', '-qq']);
  const depends = output('apt-cache', ['depends', 'opensmtpd']);
  const libraries = [...depends.matchAll(/^ *Depends: (lib\S+|zlib\S+)$/gm)].map(([, name = '']) => name);
  output('apt-get', ['install', '-y', '-qq', ...libraries]);
  output('apt-get', ['download', 'opensmtpd']);
  const archive = readdirSync(directory).find((name) => name.endsWith('.deb')) ?? '';
  output('dpkg', ['-x', archive, directory]);
}

/** Installs a package of Debian, unless what it brings is there. */
function needPackage(name: string, isThere: () => boolean): void {
  if (isThere()) return;
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  if (!works('apt-get', ['update', '-qq']) || !works('apt-get', ['install', '-y', '-qq', name], environment)) {
    throw new Error(`there is no ${name}, and apt-get could not install it`);
  }
}

function works(program: string, args: readonly string[], env = process.env): boolean {
  try {
    execFileSync(program, args, { env, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
