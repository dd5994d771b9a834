/** The public surface, as its declarations say it: what each subpath exports, comments and bodies left out. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** An exported declaration. */
export interface Exported {
  readonly subpath: string;
  readonly name: string;
  readonly node: ts.Node;
  /** Where the node stands, for its text and its comments. */
  readonly file: ts.SourceFile;
}

/** Every export of every subpath of the package, in order. */
export function exportsOf(): readonly Exported[] {
  const entries = entryPoints();
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(`${ROOT}tsconfig.json`, (path) => readFileSync(path, 'utf8')).config,
    ts.sys,
    ROOT,
  );
  const program = ts.createProgram(
    entries.map(({ path }) => path),
    { ...options, noEmit: false, declaration: true, emitDeclarationOnly: true, incremental: false },
  );
  const checker = program.getTypeChecker();
  const declarations = new Map<string, ts.SourceFile>();
  return entries.flatMap(({ subpath, path }) => {
    const source = program.getSourceFile(path);
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${path} is no module`);
    return checker
      .getExportsOfModule(module)
      .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((symbol) =>
        (symbol.declarations ?? []).flatMap((declaration): Exported[] => {
          const file = declarationOf(program, declaration.getSourceFile(), declarations);
          const node = file.statements.find((statement) => namesOf(statement).includes(symbol.name));
          return node === undefined ? [] : [{ subpath, name: symbol.name, node, file }];
        }),
      );
  });
}

/** A declaration without its comments, as one text. */
export function textOf({ node, file }: Exported): string {
  const printer = ts.createPrinter({ removeComments: true });
  return printer
    .printNode(ts.EmitHint.Unspecified, node, file)
    .replace(/^export declare |^export /, '')
    .replace(/^ *#private;\n/m, '');
}

/** Whether a comment stands before a node. */
export function isDocumented(node: ts.Node): boolean {
  return ts.getJSDocCommentsAndTags(node).length > 0;
}

function entryPoints(): readonly { subpath: string; path: string }[] {
  const { exports } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { exports: Record<string, unknown> };
  return Object.keys(exports)
    .filter((subpath) => subpath !== './package.json')
    .map((subpath) => {
      const name = subpath.slice(2);
      const file = name === '' ? 'index.ts' : name.includes('/') ? `${name}.ts` : `${name}/index.ts`;
      return { subpath: name === '' ? 'spamd-sync' : `spamd-sync/${name}`, path: `${ROOT}src/${file}` };
    });
}

function declarationOf(program: ts.Program, source: ts.SourceFile, known: Map<string, ts.SourceFile>): ts.SourceFile {
  let file = known.get(source.fileName);
  if (file === undefined) {
    let text = source.isDeclarationFile ? source.text : '';
    if (!source.isDeclarationFile) {
      program.emit(source, (_path, emitted) => {
        text = emitted;
      });
    }
    file = ts.createSourceFile(source.fileName, text, ts.ScriptTarget.Latest, true);
    known.set(source.fileName, file);
  }
  return file;
}

function namesOf(statement: ts.Statement): readonly string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const { name } = statement as ts.Statement & { readonly name?: ts.Identifier };
  return name === undefined ? [] : [name.text];
}
