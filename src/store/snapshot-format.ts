import { crc32 } from 'node:zlib';
import protobuf from 'protobufjs/minimal.js';
import { SnapshotError } from '../errors.ts';
import { addressMessage, addressRecord, type Counts, countsOf, tupleMessage, tupleRecord } from './codec.ts';
import { spamdsync } from './generated/record.js';
import type { StoreRecord } from './store.ts';

const { Header, Tuple, Address, Spamtrap, Checkpoint, Trailer } = spamdsync;
const { Reader, Writer } = protobuf;

const FORMAT = 1;
const MAGIC = 'spamd-sync snapshot';

/** The fields of `Snapshot` in record.proto, with the wire type of a field that has a length. */
const HEADER = (1 << 3) | 2;
const TUPLE = (2 << 3) | 2;
const ADDRESS = (3 << 3) | 2;
const SPAMTRAP = (4 << 3) | 2;
const CHECKPOINT = (5 << 3) | 2;
const TRAILER = (6 << 3) | 2;

/** After how many bytes of records there is a checkpoint. */
const SECTION = 2 ** 16;
/** The longest field that is read, bytes. A record of this library is a hundredth of that. */
const MAX_FIELD = 2 ** 20;

/** What the header at the beginning of a snapshot says. */
export interface SnapshotHeader {
  /** When the snapshot was begun, Unix seconds. */
  readonly time: number;
  /** What the store counted then. Traffic went on, so the counts of the snapshot may differ a little. */
  readonly counts: Counts;
}

/** Encodes the parts of a snapshot. */
export class SnapshotWriter {
  #writer = Writer.create();
  #crc = 0;

  header({ time, counts }: SnapshotHeader): void {
    Header.encode({ magic: MAGIC, format: FORMAT, time, counts }, this.#begin(HEADER)).ldelim();
  }

  record(item: StoreRecord): void {
    switch (item.type) {
      case 'tuple':
        Tuple.encode(tupleMessage(item.record, item.key), this.#begin(TUPLE)).ldelim();
        break;
      case 'address':
        Address.encode(addressMessage(item.record, item.ip), this.#begin(ADDRESS)).ldelim();
        break;
      default:
        Spamtrap.encode({ address: item.address }, this.#begin(SPAMTRAP)).ldelim();
    }
  }

  /** Whether there are enough bytes for a section. */
  get full(): boolean {
    return this.#writer.len >= SECTION;
  }

  /** The bytes since the last section, and the checkpoint after them. */
  section(): Uint8Array {
    const body = this.#take();
    Checkpoint.encode({ crc: this.#crc }, this.#begin(CHECKPOINT)).ldelim();
    return Buffer.concat([body, this.#take()]);
  }

  trailer(counts: Counts): Uint8Array {
    const body = this.#take();
    Trailer.encode({ crc: this.#crc, counts }, this.#begin(TRAILER)).ldelim();
    return Buffer.concat([body, this.#take()]);
  }

  #begin(tag: number): protobuf.Writer {
    return this.#writer.uint32(tag).fork();
  }

  #take(): Uint8Array {
    const bytes = this.#writer.finish();
    this.#writer = Writer.create();
    this.#crc = crc32(bytes, this.#crc);
    return bytes;
  }
}

/** The content of one section. */
export interface Section {
  readonly header: SnapshotHeader | undefined;
  readonly records: readonly StoreRecord[];
}

/** Reads a snapshot from chunks that may end anywhere. Gives a section only after its checksum is verified. */
export class SnapshotReader {
  /** The bytes received that are not yet part of a whole section. */
  #bytes: Buffer = Buffer.alloc(0);
  /** Where these bytes begin in the snapshot. */
  #offset = 0;
  /** How many of these bytes are whole fields that still wait for a checkpoint. */
  #seen = 0;
  #crc = 0;
  #header: SnapshotHeader | undefined;
  #ended = false;
  readonly #counted = { tuples: 0, addresses: 0, spamtraps: 0 };

  get offset(): number {
    return this.#offset;
  }

  get counted(): Counts {
    return { ...this.#counted };
  }

  /**
   * The sections that one more chunk makes whole.
   *
   * @throws {SnapshotError} For bytes that cannot be the next part of a snapshot.
   */
  *push(chunk: Uint8Array): Generator<Section, void, undefined> {
    if (chunk.length === 0) return;
    if (this.#ended) throw new SnapshotError(this.#offset, 'something follows the end of the snapshot');
    this.#bytes = this.#bytes.length === 0 ? asBuffer(chunk) : Buffer.concat([this.#bytes, chunk]);
    for (;;) {
      const at = this.#seen;
      if (at > SECTION + MAX_FIELD) throw new SnapshotError(this.#offset, 'no checkpoint follows from here');
      const field = this.#nextField(at);
      if (field === undefined) return;
      this.#seen = field.end;
      if (field.tag === CHECKPOINT || field.tag === TRAILER) yield this.#section(at, field);
    }
  }

  /** @throws {SnapshotError} If the end of the snapshot has not come. */
  end(): void {
    if (this.#ended) return;
    const length = this.#offset + this.#bytes.length;
    throw new SnapshotError(length, length === 0 ? 'empty, not a snapshot' : 'the snapshot is cut off here');
  }

  /** The bounds of the field that begins at `at`, if the whole field is there. */
  #nextField(at: number): { tag: number; start: number; end: number } | undefined {
    const bytes = this.#bytes;
    const tag = bytes[at];
    if (tag === undefined) return undefined;
    if (this.#offset + at === 0 ? tag !== HEADER : tag < TUPLE || tag > TRAILER || (tag & 7) !== 2) {
      const what = this.#offset + at === 0 ? 'not a snapshot of spamd-sync' : 'not a record of a snapshot';
      throw new SnapshotError(this.#offset + at, what);
    }
    let length = 0;
    for (let i = 0; ; i++) {
      const byte = bytes[at + 1 + i];
      if (byte === undefined) return undefined;
      length += (byte & 127) * 2 ** (7 * i);
      if (length > MAX_FIELD || i > 3) throw new SnapshotError(this.#offset + at, 'a record longer than any can be');
      if (byte >= 128) continue;
      const start = at + 2 + i;
      const end = start + length;
      return end > bytes.length ? undefined : { tag, start, end };
    }
  }

  /** @param at Where the field with the checksum begins. */
  #section(at: number, field: { tag: number; start: number; end: number }): Section {
    const offset = this.#offset;
    const body = this.#bytes.subarray(0, at);
    const sum = crc32(body, this.#crc);
    const last = this.#bytes.subarray(field.start, field.end);
    const noted = decoded(offset + at, () => (field.tag === TRAILER ? Trailer.decode(last) : Checkpoint.decode(last)));
    if (noted.crc !== sum) {
      throw new SnapshotError(offset, `the snapshot was changed between here and byte ${offset + field.end}`);
    }
    const records = this.#records(body);
    if (noted instanceof Trailer) this.#finish(offset + at, countsOf(noted.counts));
    this.#crc = crc32(this.#bytes.subarray(at, field.end), sum);
    this.#bytes = this.#bytes.subarray(field.end);
    this.#offset += field.end;
    this.#seen = 0;
    if (this.#ended && this.#bytes.length > 0) {
      throw new SnapshotError(this.#offset, 'something follows the end of the snapshot');
    }
    return { header: this.#header, records };
  }

  #records(body: Buffer): StoreRecord[] {
    const reader = Reader.create(body);
    const records: StoreRecord[] = [];
    while (reader.pos < reader.len) {
      const at = this.#offset + reader.pos;
      const tag = reader.uint32();
      const item = decoded(at, () => this.#decode(reader, tag, at));
      if (item !== undefined) records.push(item);
    }
    return records;
  }

  #decode(reader: protobuf.Reader, tag: number, at: number): StoreRecord | undefined {
    const length = reader.uint32();
    switch (tag) {
      case TUPLE: {
        const message = Tuple.decode(reader, length);
        this.#counted.tuples++;
        return { type: 'tuple', key: message.key, record: sound(tupleRecord(message), at) };
      }
      case ADDRESS: {
        const message = Address.decode(reader, length);
        this.#counted.addresses++;
        return { type: 'address', ip: message.ip, record: sound(addressRecord(message), at) };
      }
      case SPAMTRAP:
        this.#counted.spamtraps++;
        return { type: 'spamtrap', address: Spamtrap.decode(reader, length).address };
      default:
        this.#readHeader(Header.decode(reader, length), at);
        return undefined;
    }
  }

  #readHeader({ magic, format, time, counts }: spamdsync.Header & spamdsync.Header.$Shape, at: number): void {
    if (magic !== MAGIC) throw new SnapshotError(at, 'not a snapshot of spamd-sync');
    if (format !== FORMAT) {
      throw new SnapshotError(at, `a snapshot of format ${format}, this version knows ${FORMAT}`);
    }
    this.#header = sound({ time, counts: countsOf(counts) }, at);
  }

  #finish(at: number, noted: Counts): void {
    const { tuples, addresses, spamtraps } = this.#counted;
    if (noted.tuples !== tuples || noted.addresses !== addresses || noted.spamtraps !== spamtraps) {
      throw new SnapshotError(at, 'the counts at the end are not those of what is there');
    }
    this.#ended = true;
  }
}

/** @throws {SnapshotError} For numbers that no store has: a record with a bad time would hold for ever, or never. */
function sound<T extends object>(record: T, at: number): T {
  for (const value of Object.values(record)) {
    if (typeof value === 'number' && !(value >= 0 && value < Number.POSITIVE_INFINITY)) {
      throw new SnapshotError(at, `a record with ${value} for a time or a count`);
    }
    if (typeof value === 'object') sound(value, at);
  }
  return record;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function decoded<T>(at: number, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof SnapshotError) throw cause;
    throw new SnapshotError(at, 'a record that cannot be decoded', { cause });
  }
}
