import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    wire: 'src/wire/index.ts',
    spamdb: 'src/spamdb/index.ts',
    store: 'src/store/index.ts',
    testing: 'src/testing/index.ts',
    level: 'src/level/index.ts',
    redis: 'src/redis/index.ts',
    cluster: 'src/cluster/index.ts',
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
