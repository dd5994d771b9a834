import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What needs more than Node: `test:e2e` and `test:interop` run it. */
const ELSEWHERE = ['test/e2e/**', 'test/interop/**'];
const tests = readdirSync(`${root}test`, { recursive: true, encoding: 'utf8' })
  .map((path) => `test/${path.replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.test.ts') && !/^test\/(e2e|interop)\//.test(path));

/** Files that mock a module or a clock: each has a process of its own. */
const alone = tests.filter((file) => /\bvi\./.test(readFileSync(root + file, 'utf8')));

export default defineConfig({
  root,
  resolve: {
    alias: [
      { find: /^spamd-sync$/, replacement: `${root}src/index.ts` },
      { find: /^spamd-sync\/(adapters\/.+)$/, replacement: `${root}src/$1.ts` },
      { find: /^spamd-sync\/([^/]+)$/, replacement: `${root}src/$1/index.ts` },
    ],
  },
  test: {
    // As many as there are cores; the default leaves one of them idle.
    maxWorkers: '100%',
    // Generous: a loaded machine is slow, and no test here is about time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      // One thread runs many files, and loads what they import once.
      {
        extends: true,
        test: {
          name: 'shared',
          pool: 'threads',
          include: ['test/**/*.test.ts'],
          exclude: [...ELSEWHERE, ...alone],
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: alone, pool: 'forks' } },
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          // These files and what they import; `npm run typecheck` checks all others.
          typecheck: {
            enabled: true,
            only: true,
            ignoreSourceErrors: true,
            include: ['test/types/**/*.test-d.ts'],
            tsconfig: `${root}test/types/tsconfig.json`,
          },
        },
      },
    ],
  },
});
