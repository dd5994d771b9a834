import { createReadStream } from 'node:fs';
import { nextTurn } from '../clock.ts';
import { SnapshotError, SpamdSyncError, shown, systemCode } from '../errors.ts';
import { badOption, checkFunction, checkMembers, isStream } from '../validate.ts';
import type { Counts } from './codec.ts';
import { type Section, type SnapshotHeader, SnapshotReader, SnapshotWriter } from './snapshot-format.ts';
import type { Store, StoreRecord } from './store.ts';

/** A snapshot's bytes, or part of them. */
export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** The path of a snapshot file, or a function that opens it. A snapshot is read twice, each time from its beginning. */
export type SnapshotSource = string | (() => Chunks | Promise<Chunks>);

/** How far writing or reading a snapshot got. */
export interface SnapshotProgress {
  /** In a restore `verify` comes before `apply`, and changes nothing. */
  readonly phase: 'write' | 'verify' | 'apply';
  /** Records so far. */
  readonly records: number;
  /** Bytes so far. */
  readonly bytes: number;
  /** How many records the store counted when the snapshot was begun: about what `records` will come to. */
  readonly expected: number;
}

/** Options of `snapshot` and `restore`. */
export interface SnapshotOptions {
  /** Called after every section, some 64 KiB. */
  readonly onProgress?: ((progress: SnapshotProgress) => void) | undefined;
}

/** What a snapshot put into a store. */
export interface RestoreReport extends Counts {
  /** When the snapshot was begun, Unix seconds. */
  readonly time: number;
  /** How long the snapshot is. */
  readonly bytes: number;
}

/**
 * Everything that a store holds, as bytes: a header, records with a checksum every 64 KiB, a trailer with counts.
 * Traffic goes on meanwhile; its changes may or may not be in the snapshot.
 *
 * @param now Unix seconds.
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`
 */
export function snapshot(
  store: Store,
  now: number,
  options: SnapshotOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  return written(store, now, checkedProgress(options));
}

async function* written(
  store: Store,
  now: number,
  onProgress: SnapshotOptions['onProgress'],
): AsyncGenerator<Uint8Array, void, undefined> {
  const { tuples, addresses, spamtraps } = await store.stats();
  const header: SnapshotHeader = { time: now, counts: { tuples, addresses, spamtraps } };
  const counted = { tuple: 0, address: 0, spamtrap: 0 };
  const writer = new SnapshotWriter();
  let bytes = 0;
  const out = (chunk: Uint8Array): Uint8Array => {
    bytes += chunk.length;
    const records = counted.tuple + counted.address + counted.spamtrap;
    onProgress?.({ phase: 'write', records, bytes, expected: total(header.counts) });
    return chunk;
  };
  writer.header(header);
  for await (const item of store.records()) {
    writer.record(item);
    counted[item.type]++;
    if (!writer.full) continue;
    yield out(writer.section());
    await nextTurn();
  }
  yield out(writer.trailer({ tuples: counted.tuple, addresses: counted.address, spamtraps: counted.spamtrap }));
}

/**
 * Puts a snapshot into a store: tuples replace known ones, addresses are merged with known ones. The snapshot is read
 * twice, first to check that all of it is sound. So a snapshot that was cut or changed leaves the store as it was.
 *
 * @throws {SnapshotError} `ERR_SPAMD_SNAPSHOT`, with the offset. An error of the store or the source rejects as it is.
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a value that is not a source, and for a source that gives no bytes.
 */
export async function restore(
  store: Store,
  source: SnapshotSource,
  options: SnapshotOptions = {},
): Promise<RestoreReport> {
  const onProgress = checkedProgress(options);
  if (typeof source !== 'string' && typeof source !== 'function') {
    throw badOption('source', 'neither a path nor a function that opens the snapshot, which is read twice', source);
  }
  const report = await readAll(source, 'verify', onProgress, async () => {});
  const applied = await readAll(source, 'apply', onProgress, async (records) => store.load(records));
  if (applied.bytes === report.bytes) return applied;
  throw new SnapshotError(Math.min(applied.bytes, report.bytes), 'the snapshot was changed while it was applied');
}

/** The records of a snapshot, in sections, each as soon as its checksum is verified. */
export async function* readSnapshot(chunks: Chunks, reader: SnapshotReader): AsyncGenerator<Section, void, undefined> {
  for await (const chunk of chunks) {
    if (!(chunk instanceof Uint8Array)) throw badOption('source', 'gave a chunk that is no Uint8Array', chunk);
    for (const section of reader.push(chunk)) {
      yield section;
      // With a source in memory the event loop would otherwise never turn.
      await nextTurn();
    }
  }
  reader.end();
}

async function readAll(
  source: SnapshotSource,
  phase: 'verify' | 'apply',
  onProgress: SnapshotOptions['onProgress'],
  take: (records: readonly StoreRecord[]) => Promise<void>,
): Promise<RestoreReport> {
  const reader = new SnapshotReader();
  let header: SnapshotHeader | undefined;
  for await (const section of readSnapshot(await opened(source), reader)) {
    header = section.header;
    await take(section.records);
    const expected = header === undefined ? 0 : total(header.counts);
    onProgress?.({ phase, records: total(reader.counted), bytes: reader.offset, expected });
  }
  return { ...reader.counted, time: header?.time ?? 0, bytes: reader.offset };
}

async function opened(source: SnapshotSource): Promise<Chunks> {
  if (typeof source === 'string') return fileChunks(source);
  const chunks = await source();
  if (!isStream(chunks)) throw badOption('source', 'gave no iterable of Uint8Array', chunks);
  return chunks;
}

function checkedProgress(options: SnapshotOptions): SnapshotOptions['onProgress'] {
  checkMembers('options', options, { onProgress: true });
  checkFunction('onProgress', options.onProgress);
  return options.onProgress;
}

async function* fileChunks(path: string): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* createReadStream(path, { highWaterMark: 2 ** 18 });
  } catch (cause) {
    const why = systemCode(cause) ?? String(cause);
    throw new SpamdSyncError('ERR_SPAMD_STORE', `snapshot ${shown(path)} cannot be read: ${why}`, { cause });
  }
}

function total({ tuples, addresses, spamtraps }: Counts): number {
  return tuples + addresses + spamtraps;
}
