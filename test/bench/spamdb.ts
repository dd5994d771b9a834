import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from './child.ts';
import type { DumpCalls, Passage } from './dump.ts';
import type { Part, Row } from './part.ts';
import { count, megabytes } from './table.ts';

/** What parsing and formatting may add to the resident memory, however long the text. */
const BOUND = 64 * 2 ** 20;

export const spamdb: Part = {
  name: 'spamdb',
  title: 'spamdb(8) text, from file to file',
  async run(quick) {
    const lines = quick ? 100_000 : 1_000_000;
    const folder = await mkdtemp(join(tmpdir(), 'spamd-sync-'));
    const [from, to] = [join(folder, 'before'), join(folder, 'after')];
    try {
      await using writer = new Child<DumpCalls>('dump');
      await writer.ask('write', { path: from, lines });

      await using parser = new Child<DumpCalls>('dump');
      const parsed = await parser.ask('parseAndFormat', { from, to });
      const sameText = await writer.ask('equal', { from, to });

      await using keeper = new Child<DumpCalls>('dump');
      const kept = await keeper.ask('throughGreylist', { from, to, lines });
      const sameList = await writer.ask('equal', { from, to });

      return [
        ...rows('parse, format', parsed, sameText && parsed.lines === lines),
        {
          what: 'parse, format: memory added',
          ours: megabytes(added(parsed)),
          sound: added(parsed) < BOUND,
        },
        ...rows('import, export', kept, sameList && kept.lines === lines),
        { what: 'import, export: memory added', ours: megabytes(added(kept)) },
      ];
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

function added({ before, most }: Passage): number {
  return most - before;
}

function rows(what: string, { seconds, lines, most, stallMs }: Passage, same: boolean): Row[] {
  return [
    { what: `${what}: ${count(lines)} lines`, ours: `${seconds.toFixed(2)} s; ${count(lines / seconds)}/s` },
    { what: `${what}: the same bytes come back`, ours: same ? 'yes' : 'no', sound: same },
    { what: `${what}: resident at most; longest stall`, ours: `${megabytes(most)}; ${stallMs.toFixed(1)} ms` },
  ];
}
