import { accessSync, constants } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { setUpLabs } from '../e2e/setup.ts';
import { greydPrograms, hasNamespaces, spamdPrograms } from './named.ts';

export function setup(project: TestProject): (() => void) | undefined {
  const programs = [greydPrograms, spamdPrograms].flatMap((pair) => (pair ? [pair.daemon, pair.database] : []));
  if (programs.length === 0) refuse('name a daemon: GREYD and GREYDB, or SPAMD and SPAMDB; see docs/interop.md');
  for (const program of programs) {
    try {
      accessSync(program, constants.X_OK);
    } catch {
      refuse(`${program} is not a program that can be run`);
    }
  }
  if (hasNamespaces) return setUpLabs(project);
  project.provide('labPrefix', '');
  return undefined;
}

/** One line, and no stack: it is the caller's environment that is at fault. */
function refuse(why: string): never {
  console.error(`test:interop: ${why}`);
  process.exit(1);
}
