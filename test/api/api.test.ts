import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { type Exported, exportsOf, isDocumented, textOf } from './surface.ts';

const REPORT = fileURLToPath(new URL('./report.txt', import.meta.url));
const exported = exportsOf();

/** The members of a declaration that a reader of the types sees. */
function membersOf(node: ts.Node): readonly ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (at: ts.Node): void => {
    const member = ts.isTypeElement(at) || ts.isClassElement(at);
    const name = member && at.name !== undefined && (ts.isIdentifier(at.name) || ts.isStringLiteral(at.name));
    // What tells the members of a union apart says itself what it is.
    const tells = ts.isPropertySignature(at) && at.type !== undefined && ts.isLiteralTypeNode(at.type);
    const isPrivate =
      ts.canHaveModifiers(at) && at.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);
    if (name && !isPrivate && !tells) found.push(at);
    // What a signature takes is told by the comment of the signature.
    if (!ts.isFunctionLike(at) && !ts.isTypeReferenceNode(at)) ts.forEachChild(at, visit);
  };
  if (!ts.isFunctionDeclaration(node)) ts.forEachChild(node, visit);
  return found;
}

/** The members that a class has of what it implements or extends: an editor shows the comment that stands there. */
function inherited({ node }: Exported): ReadonlySet<string> {
  const bases = ts.isClassDeclaration(node) ? (node.heritageClauses ?? []).flatMap(({ types }) => types) : [];
  const names = bases.map(({ expression }) => expression.getText());
  const found = exported.filter(({ name }) => names.includes(name));
  const own = found.flatMap((base) => membersOf(base.node).filter(isDocumented).map(memberName));
  return new Set([...own, ...found.flatMap((base) => [...inherited(base)])]);
}

function memberName(member: ts.Node): string {
  return (member as ts.NamedDeclaration).name?.getText() ?? '';
}

function nameOf({ subpath, name }: Exported): string {
  return `${subpath}: ${name}`;
}

describe('the public surface', () => {
  it('is the one of report.txt: update it with `npm run api`, and look at what changes', async () => {
    const texts = exported.map((each) => `// ${nameOf(each)}\n${textOf(each)}\n`);
    await expect(texts.join('\n')).toMatchFileSnapshot(REPORT);
  });

  it('has a comment on every export', () => {
    expect(exported.filter(({ node }) => !isDocumented(node)).map(nameOf)).toEqual([]);
  });

  it('has a comment on every member of what it exports', () => {
    const missing = exported.flatMap((each) => {
      const known = inherited(each);
      return membersOf(each.node)
        .filter((member) => !isDocumented(member) && !known.has(memberName(member)))
        .map((member) => `${nameOf(each)}: ${member.getText(each.file).split('\n', 1)[0]}`);
    });
    expect([...new Set(missing)]).toEqual([]);
  });
});
