import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    wire: 'src/wire.ts',
    spamdb: 'src/spamdb.ts',
    testing: 'src/testing.ts',
    level: 'src/level.ts',
    redis: 'src/redis.ts',
    cluster: 'src/cluster.ts',
    'adapters/smtp-server': 'src/adapters/smtp-server.ts',
  },
  format: 'esm',
  target: 'node20.19',
  platform: 'node',
  // tsup's declaration step still passes baseUrl, which TypeScript 6 calls deprecated.
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  sourcemap: true,
  clean: true,
});
