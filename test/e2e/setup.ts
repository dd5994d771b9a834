import { execFileSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';
import { needHaraka } from './haraka-server.ts';
import { removeLeftovers } from './lab.ts';
import { needNamespaces, needPackage, works } from './needs.ts';
import { needOpenSmtpd } from './opensmtpd-server.ts';
import { hasRedis } from './redis-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** What every namespace, bridge and link of this run is called, so that they can be told from all others. */
    labPrefix: string;
  }
}

/** Sees to it that there is what the tests run, and that no namespace is left behind, however they ended. */
export function setup(project: TestProject): () => void {
  const removeLabs = setUpLabs(project);
  needPackage('redis-server', hasRedis);
  needPackage('tshark', () => works('tshark', ['--version']));
  needPackage('nftables', () => works('nft', ['--version']));
  needPackage('chromium', () => works('chromium', ['--version']));
  execFileSync('npm', ['run', '--silent', 'page'], { stdio: 'inherit' });
  needPackage('swaks', () => works('swaks', ['--version']));
  needOpenSmtpd();
  needHaraka();
  return removeLabs;
}

/** Sees to it that namespaces can be made; what is returned removes all that this run has made. */
export function setUpLabs(project: TestProject): () => void {
  needNamespaces();
  const prefix = `sy${process.pid.toString(36)}-`;
  project.provide('labPrefix', prefix);
  return () => removeLeftovers(prefix);
}
