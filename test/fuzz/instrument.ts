/** Hooks of the module loader that put a counter at every branch of src, and a fault if one is to be planted. */
import { readFile } from 'node:fs/promises';
import type { InitializeHook, LoadHook } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { GLOBAL } from './coverage.ts';

/** A mistake put into a module as it is loaded. */
export interface Fault {
  /** Within src. */
  readonly file: string;
  /** A text that the module has once. */
  readonly find: string;
  readonly replace: string;
}

const SRC = fileURLToPath(new URL('../../src', import.meta.url));
/** What the counters are called in a module: no name of ours begins so. */
const HITS = '$hits';

/** Operators whose right side may be left out. */
const LAZY: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
]);

let fault: Fault | undefined;
let points = 0;

export const initialize: InitializeHook<Fault | undefined> = (planted) => {
  fault = planted;
};

export const load: LoadHook = async (url, context, next) => {
  const path = url.startsWith('file:') ? relative(SRC, fileURLToPath(url)) : '..';
  if (path.startsWith('..')) return next(url, context);
  const source = withFault(await readFile(fileURLToPath(url), 'utf8'), path);
  return { format: 'module', source: instrumented(source, path, url), shortCircuit: true };
};

function withFault(source: string, path: string): string {
  if (fault === undefined || fault.file !== path) return source;
  const parts = source.split(fault.find);
  if (parts.length !== 2) throw new Error(`${path} has the place for the fault ${parts.length - 1} times`);
  return parts.join(fault.replace);
}

function instrumented(source: string, path: string, url: string): string {
  const first = points;
  const { outputText } = ts.transpileModule(source, {
    fileName: fileURLToPath(url),
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      inlineSourceMap: true,
      allowJs: true,
    },
    transformers: { before: [withCounters] },
  });
  const declared = `globalThis.${GLOBAL}.declare(${JSON.stringify(path)}, ${first}, ${points - first})`;
  // On the first line, so that the numbers of the others stay.
  return `const ${HITS} = ${declared}; ${outputText}`;
}

/** A point at the start of every function, branch, case and loop body, and before every operand that may be left out. */
const withCounters: ts.TransformerFactory<ts.SourceFile> = (context) => {
  const { factory } = context;
  const hit = (): ts.Expression =>
    factory.createPostfixIncrement(
      factory.createElementAccessExpression(factory.createIdentifier(HITS), factory.createNumericLiteral(points++)),
    );
  const counted = <Node extends ts.Statement>(statements: readonly Node[]): readonly (Node | ts.Statement)[] => [
    factory.createExpressionStatement(hit()),
    ...statements,
  ];
  const expression = (counts: ts.Expression): ts.Expression =>
    factory.createParenthesizedExpression(factory.createComma(hit(), counts));
  const block = (statement: ts.Statement | undefined): ts.Block => {
    if (statement === undefined) return factory.createBlock(counted([]));
    return factory.createBlock(counted(ts.isBlock(statement) ? statement.statements : [statement]), true);
  };

  /** What is inside first, so that what is added is not visited. */
  const visit = (original: ts.Node): ts.Node => {
    const node = ts.visitEachChild(original, visit, context);
    if (ts.isBlock(node) && ts.isFunctionLike(original.parent)) return block(node);
    if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) {
      const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken: arrow } = node;
      return factory.updateArrowFunction(
        node,
        modifiers,
        typeParameters,
        parameters,
        type,
        arrow,
        expression(node.body),
      );
    }
    if (ts.isConditionalExpression(node)) {
      const { condition, questionToken, whenTrue, colonToken, whenFalse } = node;
      const [yes, no] = [expression(whenTrue), expression(whenFalse)];
      return factory.updateConditionalExpression(node, condition, questionToken, yes, colonToken, no);
    }
    if (ts.isBinaryExpression(node) && LAZY.has(node.operatorToken.kind)) {
      return factory.updateBinaryExpression(node, node.left, node.operatorToken, expression(node.right));
    }
    if (ts.isIfStatement(node)) {
      return factory.updateIfStatement(node, node.expression, block(node.thenStatement), block(node.elseStatement));
    }
    if (ts.isCaseClause(node)) return factory.updateCaseClause(node, node.expression, counted(node.statements));
    if (ts.isDefaultClause(node)) return factory.updateDefaultClause(node, counted(node.statements));
    if (ts.isCatchClause(node)) return factory.updateCatchClause(node, node.variableDeclaration, block(node.block));
    if (ts.isForStatement(node)) {
      const { initializer, condition, incrementor } = node;
      return factory.updateForStatement(node, initializer, condition, incrementor, block(node.statement));
    }
    if (ts.isForOfStatement(node)) {
      const { awaitModifier, initializer, expression: items } = node;
      return factory.updateForOfStatement(node, awaitModifier, initializer, items, block(node.statement));
    }
    if (ts.isWhileStatement(node)) return factory.updateWhileStatement(node, node.expression, block(node.statement));
    return node;
  };
  return (file) => ts.visitEachChild(file, visit, context);
};
