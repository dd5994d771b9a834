import { defineConfig } from 'tsup';

export default defineConfig({
  entry: [
    'run',
    'sender',
    'listener',
    'dump',
    'snapshot-reader',
    'keeper',
    'member',
    'policy-server',
    'socket-client',
  ].map((name) => `test/bench/${name}.ts`),
  outDir: '.bench',
  format: 'esm',
  target: 'node20.19',
  platform: 'node',
  // The library is measured as published: found through the package's own exports, not bundled.
  external: [/^spamd-sync/, 'redis', 'ioredis'],
  clean: true,
});
