import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from './child.ts';
import type { Part } from './part.ts';
import type { Parsed, SnapshotCalls } from './snapshot-reader.ts';
import { count, megabytes } from './table.ts';
import { compare } from './timing.ts';

const STALL_MS = 50;

export const snapshot: Part = {
  name: 'snapshot',
  title: 'Snapshot, parsed and checked, against JSON line by line',
  async run(quick) {
    const records = quick ? 100_000 : 1_000_000;
    const rounds = quick ? 3 : 5;
    const directory = await mkdtemp(join(tmpdir(), 'spamd-sync-'));
    try {
      const files = { snapshot: join(directory, 'snapshot'), json: join(directory, 'json'), records };
      await using writer = new Child<SnapshotCalls>('snapshot-reader');
      const { snapshotBytes, jsonBytes } = await writer.ask('write', files);

      // The one that wrote has a heap full of records: another one reads.
      await using reader = new Child<SnapshotCalls>('snapshot-reader');
      const ours: Parsed[] = [];
      const other: Parsed[] = [];
      for (let round = 0; round < rounds; round++) {
        ours.push(await reader.ask('parse', { path: files.snapshot, as: 'snapshot' }));
        other.push(await reader.ask('parse', { path: files.json, as: 'json' }));
      }
      const time = compare(
        ours.map(({ seconds }) => seconds),
        other.map(({ seconds }) => seconds),
      );
      const same = [...ours, ...other].every(
        ({ sum, ...parsed }) => parsed.records === records && sum === ours[0]?.sum,
      );
      const stall = Math.max(...ours.map(({ stallMs }) => stallMs));
      const grown = Math.max(...ours.map(({ heapGrown }) => heapGrown));
      return [
        {
          what: `records a second, of ${count(records)}`,
          ours: count(records / time.ours),
          against: count(records / time.other),
          ratio: time.ratio,
          atLeast: 2.5,
        },
        { what: 'the same records', ours: same ? 'yes' : 'no', sound: same },
        { what: 'size', ours: megabytes(snapshotBytes), against: megabytes(jsonBytes) },
        {
          what: 'heap grown by at most',
          ours: megabytes(grown),
          against: megabytes(Math.max(...other.map(({ heapGrown }) => heapGrown))),
          sound: grown < 64 * 2 ** 20,
        },
        {
          what: 'longest stall of the event loop',
          ours: `${stall.toFixed(1)} ms`,
          against: `${STALL_MS} ms`,
          sound: stall < STALL_MS,
        },
      ];
    } finally {
      await rm(directory, { recursive: true });
    }
  },
};
