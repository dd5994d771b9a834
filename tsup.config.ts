import { defineConfig } from 'tsup';

/** What programs import, by subpath. */
const library = {
  index: 'src/index.ts',
  wire: 'src/wire/index.ts',
  spamdb: 'src/spamdb/index.ts',
  store: 'src/store/index.ts',
  testing: 'src/testing/index.ts',
  level: 'src/level/index.ts',
  redis: 'src/redis/index.ts',
  exchange: 'src/exchange/index.ts',
  socket: 'src/socket/index.ts',
  metrics: 'src/metrics/index.ts',
  'adapters/smtp-server': 'src/adapters/smtp-server.ts',
  'adapters/postfix': 'src/adapters/postfix.ts',
  'adapters/milter': 'src/adapters/milter.ts',
  'adapters/haraka': 'src/adapters/haraka.ts',
  'adapters/http': 'src/adapters/http.ts',
  'adapters/opensmtpd': 'src/adapters/opensmtpd.ts',
  'adapters/tarpit': 'src/adapters/tarpit.ts',
};

const common = { format: 'esm', target: 'node20.19', platform: 'node' } as const;

export default defineConfig([
  {
    ...common,
    entry: library,
    // tsup's declaration step still passes baseUrl, which TypeScript 6 calls deprecated.
    dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
    clean: ['!cli/**'],
  },
  {
    ...common,
    entry: { main: 'src/cli/main.ts' },
    outDir: 'dist/cli',
    // The command brings along what it needs, so that the library has no dependency more. That is CommonJS in part.
    noExternal: ['commander', 'ioredis', 'mmdb-lib'],
    banner: {
      js: "import { createRequire as requireOf } from 'node:module';\nconst require = requireOf(import.meta.url);",
    },
    clean: true,
  },
]);
