import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** Plain data and small checks, which everything may use and which use nothing but each other. */
const LEAVES = [
  'errors.ts',
  'entry.ts',
  'address.ts',
  'abort.ts',
  'validate.ts',
  'clock.ts',
  'diagnostics.ts',
  'listeners.ts',
  'spamdb-record.ts',
  'frames.ts',
  'stream-server.ts',
  'make-directory.ts',
];
/** The file that a program imports. It re-exports the folders, and nothing else. So does the index.ts of a folder. */
const SURFACE = 'index.ts';

/** What each folder may import besides itself and the leaves. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  wire: [],
  auth: ['wire'],
  transport: [],
  peer: ['wire', 'auth', 'transport'],
  rules: [],
  store: ['rules'],
  level: ['store', 'rules'],
  redis: ['store', 'rules'],
  greylist: ['rules', 'store'],
  spamdb: [],
  adapters: ['index.ts'],
  // The public surface alone.
  cli: [
    'index.ts',
    'adapters',
    'exchange/index.ts',
    'level/index.ts',
    'redis/index.ts',
    'socket/index.ts',
    'spamdb/index.ts',
    'status/index.ts',
    'store/index.ts',
    'wire/index.ts',
  ],
  metrics: ['index.ts', 'exchange/index.ts', 'adapters/http.ts', 'adapters/milter.ts', 'adapters/postfix.ts'],
  // What is served beside a greylist is its peer.
  status: ['index.ts', 'exchange/index.ts', 'metrics/index.ts'],
  socket: ['greylist', 'peer'],
  // The store's public surface alone: what merges the records it is given.
  exchange: ['auth', 'store/index.ts'],
  testing: ['transport', 'store', 'rules'],
};

/** Modules from elsewhere, and who may use them: folders, or single files. Those not named are for nobody. */
const MODULES: Readonly<Record<string, readonly string[]>> = {
  'classic-level': ['level'],
  commander: ['cli'],
  'dgram-as-promised': ['transport/udp-socket.ts'],
  // Of the command alone, which brings it along: the store takes a client that its caller connected.
  ioredis: ['cli/serve/redis-client.ts'],
  'lru-cache': ['peer', 'greylist', 'level', 'redis', 'status', 'exchange'],
  'mmdb-lib': ['cli/traplist/places.ts'],
  'node:assert/strict': ['testing'],
  // Beside the transport the doctor has sockets of its own, with which it looks at what the transport cannot.
  'node:dgram': ['cli/doctor/echo.ts'],
  'node:buffer': ['wire', 'spamdb', 'adapters'],
  'node:child_process': ['cli/table/child.ts', 'cli/serve/service-manager.ts'],
  // Beside the keys: a new key's bytes, what a bridge remembers of an entry, a script's digest, the token of a lease, and the
  // hashes of a digest.
  'node:crypto': ['auth', 'cli/keygen.ts', 'cli/bridge.ts', 'cli/serve/demonstration.ts', 'redis', 'exchange'],
  'node:diagnostics_channel': ['diagnostics.ts', 'status/feed.ts'],
  'node:dns/promises': ['transport/udp-link.ts'],
  'node:events': ['cli/doctor/echo.ts', 'listeners.ts', 'peer', 'greylist', 'redis', 'socket', 'exchange'],
  'node:fs': [
    'auth/key.ts',
    'cli/main.ts',
    'cli/serve/check.ts',
    'transport/interfaces.ts',
    'greylist/exempt.ts',
    'store',
    'level',
  ],
  'node:fs/promises': [
    'auth/key.ts',
    'cli',
    'status/assets.ts',
    'store',
    'level',
    'stream-server.ts',
    'make-directory.ts',
  ],
  'node:http': ['adapters/http.ts', 'adapters/http', 'status/http-server.ts'],
  'node:module': ['cli/traplist/places.ts'],
  'node:net': [
    'address.ts',
    'transport',
    'peer',
    'greylist',
    'spamdb',
    'spamdb-record.ts',
    'stream-server.ts',
    'adapters',
    'cli/serve/options.ts',
    'socket',
    'exchange',
    'status/http-server.ts',
    'cli/bridge.ts',
    'cli/doctor/checks.ts',
    'cli/doctor/exchange-checks.ts',
    'cli/candidates/log-lines.ts',
    'cli/send.ts',
    'store/shares.ts',
    'level/ownership.ts',
  ],
  'node:os': ['cli/bridge.ts', 'cli/serve', 'cli/tarpit.ts', 'transport/interfaces.ts'],
  'node:path': [
    'cli/traplist/replaced-files.ts',
    'cli/traplist.ts',
    'cli/serve',
    'level',
    'stream-server.ts',
    'make-directory.ts',
  ],
  'node:stream': ['cli'],
  'node:tls': ['exchange'],
  'node:v8': ['cli/serve'],
  'node:zlib': ['store', 'level', 'rules/key.ts'],
  protobufjs: ['store'],
  'protobufjs/minimal.js': ['socket', 'store', 'exchange'],
};

/** What knows real time. */
const REAL_TIME = ['setTimeout', 'setInterval', 'setImmediate', 'Date.now', 'performance.now', 'process.hrtime'];

interface SourceFile {
  /** Within src, with slashes. */
  readonly path: string;
  readonly text: string;
  /** Files of ours that it imports, within src. */
  readonly own: readonly string[];
  /** Modules from elsewhere. */
  readonly modules: readonly string[];
}

const files: readonly SourceFile[] = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
  .map((entry) => read(relative(SRC, join(entry.parentPath, entry.name)).replaceAll('\\', '/')));

function read(path: string): SourceFile {
  const text = readFileSync(join(SRC, path), 'utf8');
  const imported = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  return {
    path,
    text,
    own: imported.filter((name) => name.startsWith('.')).map((name) => posix.join(posix.dirname(path), name)),
    modules: imported.filter((name) => !name.startsWith('.')),
  };
}

/** The folder that a file lies in, or the file itself at the top. */
function unitOf(path: string): string {
  return path.split('/')[0] ?? path;
}

function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => path === place || path.startsWith(`${place}/`));
}

function isSurface({ path }: SourceFile): boolean {
  return path === SURFACE || path.endsWith(`/${SURFACE}`);
}

/** Generated code is not for reading. */
function isWritten({ path }: SourceFile): boolean {
  return !/\bgenerated\b/.test(path);
}

/** Names used anywhere in a file, also as `object.name`; comments and strings left out. */
function identifiers({ path, text }: SourceFile): Set<string> {
  const names = new Set<string>();
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const visit = (at: ts.Node): void => {
    if (ts.isIdentifier(at)) names.add(at.text);
    if (ts.isPropertyAccessExpression(at)) names.add(at.getText(source));
    ts.forEachChild(at, visit);
  };
  visit(source);
  return names;
}

describe('the import graph of src', () => {
  it('every import in src is of a file that is there', () => {
    expect(files.length).toBeGreaterThan(30);
    for (const { path, own } of files) {
      const missing = own.filter((name) => name.endsWith('.ts') && !files.some((file) => file.path === name));
      expect(missing, path).toEqual([]);
    }
    const peer = files.find(({ path }) => path === 'peer/inbound.ts');
    expect(peer?.own).toContain('wire/decode.ts');
    expect(peer?.own).toContain('auth/key.ts');
  });

  it('every folder has a row of what it may import', () => {
    const rooms = new Set(files.filter(({ path }) => path.includes('/')).map(({ path }) => unitOf(path)));
    expect([...rooms].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  it('a folder imports only what its row allows', () => {
    const wrong = files
      .filter((file) => file.path.includes('/') && !isSurface(file))
      .flatMap(({ path, own }) => {
        const allowed = [unitOf(path), ...LEAVES, ...(MAY_IMPORT[unitOf(path)] ?? [])];
        return own.filter((name) => !isIn(name, allowed)).map((name) => `${path} imports ${name}`);
      });
    expect(wrong).toEqual([]);
  });

  it('a leaf imports only leaves', () => {
    const leaves = files.filter(({ path }) => LEAVES.includes(path));
    expect(leaves.map(({ path }) => path).sort()).toEqual([...LEAVES].sort());
    const wrong = leaves.flatMap(({ path, own }) => own.filter((name) => !LEAVES.includes(name)).map(() => path));
    expect(wrong).toEqual([]);
  });

  it('a file at the top of src is a leaf or the surface', () => {
    const top = files.filter(({ path }) => !path.includes('/')).map(({ path }) => path);
    expect(top.sort()).toEqual([...LEAVES, SURFACE].sort());
  });

  it('a surface only re-exports, and only folders that stand before it import one', () => {
    const surfaces = files.filter(isSurface);
    expect(surfaces.length).toBeGreaterThan(7);
    for (const { path, text } of surfaces) {
      const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
      const other = source.statements.filter(
        (statement) => !ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined,
      );
      expect(
        other.map((statement) => statement.getText(source)),
        path,
      ).toEqual([]);
    }
    const imported = files
      .filter(({ path }) => !/^(adapters|cli|exchange|metrics|status)\//.test(path))
      .flatMap(({ own }) => own);
    expect(imported.filter((name) => name === SURFACE || name.endsWith(`/${SURFACE}`))).toEqual([]);
  });

  it('no folders import each other in a circle', () => {
    const edges = new Map<string, Set<string>>();
    for (const { path, own } of files.filter((file) => !LEAVES.includes(file.path) && !isSurface(file))) {
      const from = unitOf(path);
      const to = own.map(unitOf).filter((unit) => unit !== from && !LEAVES.includes(unit));
      edges.set(from, new Set([...(edges.get(from) ?? []), ...to]));
    }
    const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
      [...(edges.get(from) ?? [])].some((next) => {
        if (next === to) return true;
        if (seen.has(next)) return false;
        seen.add(next);
        return reaches(next, to, seen);
      });
    expect(edges.get('peer')).toEqual(new Set(['wire', 'auth', 'transport']));
    expect([...edges.keys()].filter((unit) => reaches(unit, unit))).toEqual([]);
  });

  it('no files import each other in a circle, not even for types', () => {
    expect(cycles(new Map(files.map(({ path, own }) => [path, own])))).toEqual([]);
    // The search finds what there is.
    const wrong = new Map([
      ['a', ['b', 'c']],
      ['b', ['c']],
      ['c', ['d', 'b']],
      ['d', ['d']],
      ['e', ['a']],
    ]);
    expect(cycles(wrong)).toEqual(['d -> d', 'b -> c -> b']);
  });
});

/** The cycles of a graph that a search from each file meets, as paths. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, above: readonly string[]): void => {
    const at = above.indexOf(path);
    if (at >= 0) found.push([...above.slice(at), path].join(' -> '));
    if (at >= 0 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...above, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}

describe('the outside world', () => {
  it('is known where it has to be', () => {
    const wrong = files.flatMap(({ path, modules }) =>
      modules.filter((name) => !isIn(path, MODULES[name] ?? [])).map((name) => `${path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('real time is known to clock.ts alone', () => {
    const users = files.filter(isWritten).filter((file) => {
      // To read a file's names takes long, and few have any of these in their text.
      const mentioned = REAL_TIME.filter((name) => file.text.includes(name));
      if (mentioned.length === 0) return false;
      const used = identifiers(file);
      return mentioned.some((name) => used.has(name));
    });
    expect(users.map(({ path }) => path)).toEqual(['clock.ts']);
  });
});
