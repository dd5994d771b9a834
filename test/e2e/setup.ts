import { execFileSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';
import { removeLeftovers } from './lab.ts';
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
