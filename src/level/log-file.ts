import { crc32c, masked } from './crc32c.ts';

/** A log consists of blocks, and no fragment crosses from one block into the next. */
const BLOCK = 32 * 1024;
/** The header of a fragment: checksum (4 bytes), length (2), type (1). */
const HEADER = 7;
const FULL = 1;
const FIRST = 2;
const MIDDLE = 3;
const LAST = 4;

/** A part of a log that cannot be read. */
export interface Gap {
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly bytes: number;
  /**
   * Whether no complete record follows. Then the gap may be what was being written when the process or the machine
   * stopped. Such a write was not acknowledged.
   */
  readonly isTail: boolean;
}

export interface LogContents {
  readonly records: readonly Buffer[];
  readonly gaps: readonly Gap[];
}

interface Fragment {
  readonly type: number;
  readonly data: Buffer;
  readonly end: number;
}

/**
 * Reads a file in LevelDB's log format, in which its logs and manifests are (doc/log_format.md of LevelDB), and says
 * what cannot be read. LevelDB itself skips such a part of a log and does not report it.
 */
export function readLog(bytes: Buffer): LogContents {
  const records: Buffer[] = [];
  const gaps: { offset: number; bytes: number; before: number }[] = [];
  const gap = (offset: number, end: number): void => {
    gaps.push({ offset, bytes: end - offset, before: records.length });
  };
  let parts: Buffer[] = [];
  /** Where the record begins that `parts` belong to; `undefined` if there is none. */
  let begun: number | undefined;
  let at = 0;
  while (at < bytes.length) {
    const block = Math.min(at - (at % BLOCK) + BLOCK, bytes.length);
    if (block - at < HEADER && block % BLOCK === 0) {
      at = block;
      continue;
    }
    const fragment = fragmentAt(bytes, at, block);
    const start = begun ?? at;
    if (fragment === undefined) {
      gap(start, block);
      parts = [];
      begun = undefined;
      at = block;
      continue;
    }
    const { type, data, end } = fragment;
    const opens = type === FULL || type === FIRST;
    // An empty first part may stand at the end of a block; the record itself is then in the next block.
    if (opens && begun !== undefined && parts.some(({ length }) => length > 0)) gap(start, at);
    if (opens) {
      parts = [];
      begun = at;
    }
    // If a part has no beginning, the beginning is in the gap before it.
    if (begun === undefined) gap(at, end);
    else parts.push(data);
    if ((type === FULL || type === LAST) && begun !== undefined) {
      records.push(parts.length === 1 ? data : Buffer.concat(parts));
      begun = undefined;
    }
    at = end;
  }
  if (begun !== undefined) gap(begun, bytes.length);
  return {
    records,
    gaps: gaps.map(({ offset, bytes, before }) => ({ offset, bytes, isTail: before === records.length })),
  };
}

/** `undefined` if there is no valid fragment: then nothing more can be found in the block. */
function fragmentAt(bytes: Buffer, at: number, block: number): Fragment | undefined {
  if (block - at < HEADER) return undefined;
  const end = at + HEADER + bytes.readUInt16LE(at + 4);
  const type = bytes[at + 6] as number;
  if (end > block || type < FULL || type > LAST) return undefined;
  if (masked(crc32c(bytes, at + 6, end)) !== bytes.readUInt32LE(at)) return undefined;
  return { type, data: bytes.subarray(at + HEADER, end), end };
}

/** A file in LevelDB's log format. */
export function writeLog(records: Iterable<Buffer>): Buffer {
  const parts: Buffer[] = [];
  let room = BLOCK;
  for (const record of records) {
    let at = 0;
    do {
      if (room < HEADER) {
        parts.push(Buffer.alloc(room));
        room = BLOCK;
      }
      const length = Math.min(record.length - at, room - HEADER);
      const isLast = at + length === record.length;
      const type = at === 0 ? (isLast ? FULL : FIRST) : isLast ? LAST : MIDDLE;
      parts.push(fragment(type, record.subarray(at, at + length)));
      room -= HEADER + length;
      at += length;
    } while (at < record.length);
  }
  return Buffer.concat(parts);
}

function fragment(type: number, data: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER + data.length);
  bytes.writeUInt16LE(data.length, 4);
  bytes[6] = type;
  data.copy(bytes, HEADER);
  bytes.writeUInt32LE(masked(crc32c(bytes, 6, bytes.length)), 0);
  return bytes;
}
