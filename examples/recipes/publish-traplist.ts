/** Publishes the trapped addresses of a greylist as a list for others to fetch. It is there whole, or not changed. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { SpamdbRecord } from 'spamd-sync';
import { exportTraplist, type LineError, parseSpamdb } from 'spamd-sync/spamdb';
import { badLines, command, input, runProgram } from './common.ts';

const USAGE = `usage: spamdb | node --import tsx examples/recipes/publish-traplist.ts file

Writes the addresses that spamdb(8) lists as TRAPPED to the file, which is replaced in one step. It leaves the file alone
without a single line of input, when the input ends within a line, and when a TRAPPED line cannot be read: a list that
lacks addresses would be a claim, and more likely spamdb failed. Other lines that cannot be read are reported.`;

const LF = 0x0a;

export const main = command('publish-traplist', USAGE, async (args, surroundings) => {
  const [file, ...others] = parseArgs({ args, allowPositionals: true }).positionals;
  if (file === undefined || others.length > 0) throw new Error('name one file');
  let lines = 0;
  let last: number | undefined;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of input(surroundings)) {
      const bytes = Buffer.from(chunk);
      last = bytes.at(-1) ?? last;
      yield bytes;
    }
  }
  async function* counted(records: AsyncIterable<SpamdbRecord>): AsyncGenerator<SpamdbRecord> {
    for await (const record of records) {
      lines++;
      yield record;
    }
  }
  const { onBadLine, reportCount } = badLines(surroundings);
  const unlessTrapped = (error: LineError, text: string): void => {
    if (text.startsWith('TRAPPED')) throw error;
    onBadLine(error);
  };
  // In the same directory, for a rename works within one file system only.
  const draft = join(dirname(file), `.${basename(file)}.${process.pid}`);
  try {
    const records = parseSpamdb(chunks(), { onBadLine: unlessTrapped });
    const list = exportTraplist(counted(records), { now: Date.now() / 1000 });
    await writeFile(draft, list, { mode: 0o644, flush: true });
    if (lines === 0) throw new Error(`no lines on standard input, so ${file} stays as it is`);
    if (last !== LF) throw new Error(`standard input ends within a line, so ${file} stays as it is`);
    await rename(draft, file);
    reportCount();
  } finally {
    await rm(draft, { force: true });
  }
});

await runProgram(import.meta.url, 'publish-traplist', main);
