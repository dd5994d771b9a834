/** What these tests need of the system, and getting it from Debian. */
import { execFileSync } from 'node:child_process';

/** @throws {Error} Saying what is missing. */
export function needNamespaces(): void {
  if (process.getuid?.() !== 0) throw new Error('network namespaces need root: run this as root on Linux');
  needPackage('iproute2', () => works('ip', ['-V']));
}

/** Installs a package of Debian, unless what it brings is there. */
export function needPackage(name: string, isThere: () => boolean): void {
  if (isThere()) return;
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  if (!works('apt-get', ['update', '-qq']) || !works('apt-get', ['install', '-y', '-qq', name], environment)) {
    throw new Error(`there is no ${name}, and apt-get could not install it`);
  }
}

/** Whether a program runs, and ends well. */
export function works(program: string, args: readonly string[], env = process.env): boolean {
  try {
    execFileSync(program, args, { env, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
