/** Publishes the trapped addresses of a greylist as a list for others to fetch. It is there whole, or not changed. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { SpamdbRecord } from 'spamd-sync';
import { exportTraplist, parseSpamdb } from 'spamd-sync/spamdb';
import { input, run } from './common.ts';

const USAGE = `usage: spamdb | node --import tsx examples/recipes/publish-traplist.ts file

Writes the addresses that spamdb(8) lists as TRAPPED to the file, which is replaced in one step. Without a single line
of input it leaves the file alone: an empty list would be a claim, and more likely spamdb failed.`;

run('publish-traplist', USAGE, async (args) => {
  const [file, ...others] = parseArgs({ args, allowPositionals: true }).positionals;
  if (file === undefined || others.length > 0) throw new Error('name one file');
  let lines = 0;
  async function* counted(records: AsyncIterable<SpamdbRecord>): AsyncGenerator<SpamdbRecord> {
    for await (const record of records) {
      lines++;
      yield record;
    }
  }
  // In the same directory, for a rename works within one file system only.
  const draft = join(dirname(file), `.${basename(file)}.${process.pid}`);
  try {
    const list = exportTraplist(counted(parseSpamdb(input())), { now: Date.now() / 1000 });
    await writeFile(draft, list, { mode: 0o644, flush: true });
    if (lines === 0) throw new Error(`no lines on standard input, so ${file} stays as it is`);
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
});
