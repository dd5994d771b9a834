import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReplacedFiles } from '../../src/cli/traplist/replaced-files.ts';

let folder = '';
let list = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spamd-sync-files-'));
  list = join(folder, 'list');
  writeFileSync(list, 'old\n');
});

afterEach(() => rmSync(folder, { recursive: true }));

/** What is long enough to be written in several pieces, with something that happens in between. */
function* pieces(between: () => void): Generator<string> {
  yield 'x'.repeat(2 ** 17);
  between();
  yield 'y'.repeat(2 ** 17);
}

async function replaced(files: readonly string[], between: () => void): Promise<void> {
  await using drafts = new ReplacedFiles();
  for (const file of files) await drafts.draft(file, pieces(between));
  await drafts.replace();
}

describe('files that are replaced', () => {
  it('take the place of those that are there', async () => {
    await replaced([list, join(folder, 'more')], () => {});
    expect(readFileSync(list, 'utf8')).toBe('x'.repeat(2 ** 17) + 'y'.repeat(2 ** 17));
    expect(readdirSync(folder).sort()).toEqual(['list', 'more']);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('stay as they are at %s, and no draft is left behind', async (signal) => {
    const words = `interrupted by ${signal}: every file stays as it is`;
    await expect(
      replaced([list], () => process.emit(signal as NodeJS.Signals, signal as NodeJS.Signals)),
    ).rejects.toThrow(words);
    expect(readdirSync(folder)).toEqual(['list']);
    expect(readFileSync(list, 'utf8')).toBe('old\n');
    expect(process.listenerCount(signal)).toBe(0);
  });

  it.each([
    ['', '"": not the name of a file'],
    ['list/none', 'ENOTDIR'],
    ['x'.repeat(300), 'ENAMETOOLONG'],
  ])('say what is wrong with a name of its own: %j', async (name, words) => {
    const path = name === '' ? '' : join(folder, name);
    const error = await replaced([list, path], () => {}).catch((one) => one);
    expect(`${error.code} ${error.message}`).toContain(words);
    expect(error.name).toBe('Error');
    expect(readdirSync(folder)).toEqual(['list']);
  });
});
