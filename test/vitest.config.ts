import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

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
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/interop/**'],
    // Generous: a loaded machine is slow, and no test here is about time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    typecheck: {
      enabled: true,
      ignoreSourceErrors: true,
      include: ['test/types/**/*.test-d.ts'],
      tsconfig: `${root}tsconfig.json`,
    },
  },
});
