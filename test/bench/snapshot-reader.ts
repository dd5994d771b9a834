/** A process that reads snapshots, and lines of JSON, from files. */
import { createReadStream, createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MemoryStore } from 'spamd-sync';
import type { StoreRecord } from 'spamd-sync/store';
import { readSnapshot, snapshot } from '../../src/store/snapshot.ts';
import { SnapshotReader } from '../../src/store/snapshot-format.ts';
import { answer } from './child.ts';
import { NOW, sampleRecord } from './stored.ts';

export interface Files {
  readonly snapshot: string;
  readonly json: string;
  readonly records: number;
}

export interface Parsed {
  readonly records: number;
  readonly seconds: number;
  /** Bytes of heap in use, the most seen, above what was there before. */
  readonly heapGrown: number;
  /** For how long nothing else could run, at the longest. */
  readonly stallMs: number;
  /** The sum of something of every record, so that both can be seen to have read the same. */
  readonly sum: number;
}

async function write({ snapshot: path, json, records }: Files): Promise<{ snapshotBytes: number; jsonBytes: number }> {
  const store = new MemoryStore({ maxTuples: records, maxAddresses: records });
  for (let i = 0; i < records; i++) store.load([sampleRecord(i)]);
  await pipeline(snapshot(store, NOW), createWriteStream(path));
  await pipeline(Readable.from(lines(store)), createWriteStream(json));
  return { snapshotBytes: (await stat(path)).size, jsonBytes: (await stat(json)).size };
}

async function* lines(store: MemoryStore): AsyncGenerator<string> {
  let some = '';
  for await (const item of store.records()) {
    some += `${JSON.stringify(item)}\n`;
    if (some.length < 65_536) continue;
    yield some;
    some = '';
  }
  yield some;
}

async function parse({ path, as }: { path: string; as: 'snapshot' | 'json' }): Promise<Parsed> {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  let most = before;
  let records = 0;
  let sum = 0;
  const take = (item: StoreRecord): void => {
    if (item.type !== 'spamtrap') sum += item.record.first + item.record.blocked;
    if (++records % 10_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed);
  };
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const begin = performance.now();
  if (as === 'snapshot') {
    const chunks = createReadStream(path, { highWaterMark: 2 ** 18 });
    for await (const section of readSnapshot(chunks, new SnapshotReader()))
      for (const item of section.records) take(item);
  } else {
    const file = await open(path);
    for await (const line of file.readLines({ highWaterMark: 2 ** 18 })) take(JSON.parse(line));
  }
  const seconds = (performance.now() - begin) / 1000;
  delay.disable();
  return { records, seconds, heapGrown: most - before, stallMs: delay.max / 1e6, sum };
}

const calls = { write, parse };
export type SnapshotCalls = typeof calls;

answer(calls);
