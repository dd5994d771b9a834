import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** Plain data and small checks, which everything may use and which use nothing but each other. */
const LEAVES = ['errors.ts', 'entry.ts', 'address.ts', 'abort.ts', 'validate.ts', 'clock.ts', 'spamdb-record.ts'];
/** What a program imports: they pass on what others made, and nothing else. */
const SURFACES = ['index.ts'];

/** What each folder may import besides itself and the leaves: folders, or single files. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  wire: ['auth'],
  auth: ['wire'],
  transport: [],
  peer: ['wire', 'auth', 'transport'],
  rules: ['store/store.ts'],
  greylist: ['rules', 'store'],
  store: ['rules'],
  level: ['store', 'rules'],
  redis: ['store', 'rules'],
  testing: ['transport'],
  spamdb: [],
  metrics: ['index.ts'],
  cluster: ['greylist'],
  adapters: ['index.ts'],
  cli: ['index.ts'],
};

/** Modules from elsewhere, and who may know them: folders, or single files. Those not named are for nobody. */
const MODULES: Readonly<Record<string, readonly string[]>> = {
  'node:buffer': ['wire', 'spamdb'],
  'node:cluster': ['cluster'],
  // A script's digest, and the token of a lease.
  'node:crypto': ['auth', 'redis'],
  'node:dgram': ['transport/udp.ts'],
  'dgram-as-promised': ['transport/udp.ts'],
  'node:dns/promises': ['transport/udp.ts'],
  'node:os': ['transport/udp.ts', 'cli'],
  'node:net': ['transport', 'peer', 'greylist', 'rules', 'spamdb', 'adapters', 'cli'],
  'node:events': ['peer', 'greylist', 'cluster', 'redis'],
  'node:fs': ['auth/key.ts', 'greylist/exempt.ts', 'store', 'level', 'cli'],
  'node:fs/promises': ['auth/key.ts', 'store', 'level', 'cli'],
  'lru-cache': ['peer', 'greylist', 'store', 'level'],
  protobufjs: ['store'],
  'protobufjs/minimal.js': ['store'],
  'classic-level': ['level'],
  'node:timers/promises': ['peer', 'store', 'redis'],
  'node:zlib': ['store'],
  'node:path': ['level', 'cli'],
  'node:process': ['cli'],
  'node:readline': ['cli'],
  'node:stream': ['cli'],
  'node:url': ['cli'],
  'node:util': ['cli'],
};

/** What makes a difference between now and later, and who may use it. */
const CLOCKS: Readonly<Record<string, readonly string[]>> = {
  // Outside the peer and the sweeper: what has to be bounded in time because it leaves the process.
  setTimeout: ['clock.ts', 'peer', 'greylist/sweeper.ts', 'level', 'redis', 'cluster'],
  setInterval: ['clock.ts', 'peer', 'greylist/sweeper.ts'],
  'Date.now': ['clock.ts', 'peer', 'greylist'],
  'performance.now': ['clock.ts', 'peer'],
};

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

  it('every folder of src has a row of what it may import', () => {
    const units = new Set(files.map(({ path }) => unitOf(path)));
    const known = [...LEAVES, ...SURFACES, ...Object.keys(MAY_IMPORT)];
    expect([...units].filter((unit) => !known.includes(unit) && !unit.endsWith('.ts'))).toEqual([]);
  });

  it('a folder imports only what its row allows', () => {
    const wrong = files
      .filter(({ path }) => path.includes('/'))
      .flatMap(({ path, own }) => {
        const allowed = [unitOf(path), ...LEAVES, ...(MAY_IMPORT[unitOf(path)] ?? [])];
        return own.filter((name) => !isIn(name, allowed)).map((name) => `${path} imports ${name}`);
      });
    expect(wrong).toEqual([]);
  });

  it('a leaf imports only leaves', () => {
    const leaves = files.filter(({ path }) => LEAVES.includes(path));
    expect(leaves.map(({ path }) => path).sort()).toEqual([...LEAVES].sort());
    for (const { path, own, modules } of leaves) {
      expect([...own.filter((name) => !LEAVES.includes(name)), ...modules], path).toEqual([]);
    }
  });

  it('a file at the top of src is a leaf or a surface, and a surface only re-exports', () => {
    const surfaces = files.filter(({ path }) => !path.includes('/') && !LEAVES.includes(path));
    expect(surfaces.map(({ path }) => path)).toEqual(expect.arrayContaining(SURFACES));
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
  });

  it('no folders of src import each other in a circle', () => {
    const edges = new Map<string, Set<string>>();
    for (const { path, own } of files) {
      // The surface of a room may pass on what rooms that build on it made.
      if (LEAVES.includes(path) || path.endsWith('/index.ts')) continue;
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
});

describe('what src uses of Node', () => {
  it('a module of Node or a dependency is imported only where its row allows', () => {
    const wrong = files.flatMap(({ path, modules }) =>
      modules.filter((name) => !isIn(path, MODULES[name] ?? [])).map((name) => `${path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('the clock is read only where its row allows', () => {
    const wrong = files.filter(isWritten).flatMap((file) => {
      const names = identifiers(file);
      return Object.entries(CLOCKS)
        .filter(([name, places]) => names.has(name) && !isIn(file.path, places))
        .map(([name]) => `${file.path} uses ${name}`);
    });
    expect(wrong).toEqual([]);
  });
});
