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
    include: ['test/interop/**/*.test.ts'],
    globalSetup: ['test/interop/setup.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Whoever looks into greyd's database in the moment it writes makes it wait five seconds and try again.
    expect: { poll: { timeout: 30_000, interval: 200 } },
  },
});
