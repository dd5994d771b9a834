/** The corpora: for each target a file with one input a line, in base64. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

export function corpusOf(target: string): readonly Buffer[] {
  const file = fileOf(target);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => Buffer.from(line, 'base64'));
}

export function saveCorpus(target: string, inputs: readonly Buffer[]): void {
  const lines = inputs.map((input) => input.toString('base64')).sort();
  writeFileSync(fileOf(target), lines.map((line) => `${line}\n`).join(''));
}

function fileOf(target: string): URL {
  return new URL(`./corpus/${target}.txt`, import.meta.url);
}
