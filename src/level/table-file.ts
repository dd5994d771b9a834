import { crc32c, masked } from './crc32c.ts';
import { Cursor } from './cursor.ts';

const FOOTER = 48;
const MAGIC = Buffer.from('57fb808b247547db', 'hex');
/** Behind each block: how it is compressed (1 byte), and its checksum (4). */
const TRAILER = 5;
const SNAPPY = 1;
/** Behind each key: the number of the operation (7 bytes), and its kind (1). */
const SEQUENCE = 8;
const PUT = 1n;

interface Handle {
  readonly offset: number;
  readonly size: number;
}

/**
 * How many bytes of a table of LevelDB are in blocks that fail their checksums (doc/table_format.md of LevelDB). If its
 * blocks cannot be found, all bytes count.
 */
export function damagedBytes(bytes: Buffer): number {
  try {
    const [metaIndex, index] = footer(bytes);
    const blocks = [metaIndex, ...handles(content(bytes, metaIndex)), index, ...handles(content(bytes, index))];
    return blocks.reduce((sum, block) => sum + (isSound(bytes, block) ? 0 : block.size + TRAILER), 0);
  } catch (error) {
    if (error instanceof RangeError) return bytes.length;
    throw error;
  }
}

/** What LevelDB has of a key: its value, or `undefined` if the key was removed. */
export interface TableEntry {
  readonly key: Buffer;
  /** The number of the operation, over all time. */
  readonly sequence: bigint;
  readonly value: Buffer | undefined;
}

/** The entries of the blocks that are sound. There are none if the blocks cannot be found. */
export function* soundEntries(bytes: Buffer): Generator<TableEntry, void> {
  let blocks: readonly Handle[];
  try {
    const [, index] = footer(bytes);
    blocks = [...handles(content(bytes, index))];
  } catch (error) {
    if (error instanceof RangeError) return;
    throw error;
  }
  for (const block of blocks) {
    if (!isSound(bytes, block)) continue;
    for (const { key, value } of entries(content(bytes, block))) {
      const end = key.length - SEQUENCE;
      const tag = key.readBigUInt64LE(end);
      yield { key: key.subarray(0, end), sequence: tag >> 8n, value: (tag & 255n) === PUT ? value : undefined };
    }
  }
}

function footer(bytes: Buffer): [metaIndex: Handle, index: Handle] {
  const from = bytes.length - FOOTER;
  if (from < 0 || !bytes.subarray(-MAGIC.length).equals(MAGIC)) throw new RangeError('no footer');
  const cursor = new Cursor(bytes, from, bytes.length - MAGIC.length);
  return [handle(cursor), handle(cursor)];
}

function handle(cursor: Cursor): Handle {
  return { offset: cursor.varint(), size: cursor.varint() };
}

function isSound(bytes: Buffer, { offset, size }: Handle): boolean {
  const end = offset + size + 1;
  if (end + 4 > bytes.length) return false;
  return masked(crc32c(bytes, offset, end)) === bytes.readUInt32LE(end);
}

/** The content of a block without which the rest of the table cannot be read. */
function content(bytes: Buffer, block: Handle): Buffer {
  if (!isSound(bytes, block)) throw new RangeError('an index fails its checksum');
  const { offset, size } = block;
  const stored = bytes.subarray(offset, offset + size);
  return bytes[offset + size] === SNAPPY ? uncompressed(stored) : stored;
}

/** The handles of blocks that an index has as its values. */
function* handles(block: Buffer): Generator<Handle, void> {
  for (const { value } of entries(block)) yield handle(new Cursor(value));
}

/**
 * The keys and values of a block. Each key is stored as the length that it shares with the key before, and the rest.
 */
function* entries(block: Buffer): Generator<{ key: Buffer; value: Buffer }, void> {
  const restarts = block.readUInt32LE(block.length - 4);
  const cursor = new Cursor(block, 0, block.length - 4 - 4 * restarts);
  let key = Buffer.alloc(0);
  while (!cursor.atEnd) {
    const shared = cursor.varint();
    const unshared = cursor.varint();
    const length = cursor.varint();
    key = Buffer.concat([key.subarray(0, shared), cursor.bytes(unshared)]);
    yield { key, value: cursor.bytes(length) };
  }
}

/** Uncompresses what Snappy has compressed (format_description.txt). */
function uncompressed(bytes: Buffer): Buffer {
  const cursor = new Cursor(bytes);
  const out = Buffer.alloc(cursor.varint());
  let at = 0;
  while (!cursor.atEnd) {
    const tag = cursor.byte();
    const kind = tag & 3;
    const upper = tag >>> 2;
    if (kind === 0) {
      const length = (upper < 60 ? upper : little(cursor, upper - 59)) + 1;
      at += cursor.bytes(length).copy(out, at);
      continue;
    }
    const length = kind === 1 ? (upper & 7) + 4 : upper + 1;
    const back = kind === 1 ? ((tag >>> 5) << 8) + cursor.byte() : little(cursor, kind === 2 ? 2 : 4);
    if (back === 0 || back > at || at + length > out.length) throw new RangeError('not compressed by Snappy');
    // Byte by byte: a copy may read bytes that the same copy has just written.
    for (let i = 0; i < length; i++, at++) out[at] = out[at - back] as number;
  }
  return out;
}

/** A number of so many bytes, the lowest first. */
function little(cursor: Cursor, bytes: number): number {
  let value = 0;
  for (let unit = 1, left = bytes; left > 0; left--, unit *= 256) value += cursor.byte() * unit;
  return value;
}
