import { expect, test } from 'vitest';
import { spawnExample } from '../examples/recipe.ts';

test.each<[string, string[]]>([
  ['mta.ts', ['--listen', '127.0.0.1:0']],
  ['mta.ts', ['--listen', '127.0.0.1:0', '--tarpit', '127.0.0.1:0']],
  ['demo.ts', []],
])('%s ends without a message when nobody reads what it prints', async (file, args) => {
  const { child, ended } = spawnExample(file, args);
  child.stdout.destroy();
  expect(await ended).toEqual({ status: 0, stdout: '', stderr: '' });
});
