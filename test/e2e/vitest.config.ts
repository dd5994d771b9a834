import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('../..', import.meta.url));

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
    include: ['test/e2e/**/*.test.ts'],
    globalSetup: ['test/e2e/setup.ts'],
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000, interval: 20 } },
  },
});
