import { Cursor } from './cursor.ts';

/** Which files a directory consists of, as its manifest says. */
export interface Manifest {
  /** The number of each table, and its size in bytes. */
  readonly tables: ReadonlyMap<number, number>;
  /** Logs with this number or a higher one hold what is in no table yet. */
  readonly logNumber: number;
  /** The log with this number holds such data, too; 0: there is no such log. */
  readonly previousLog: number;
  /** The number of the last operation that was known when the manifest was written. */
  readonly sequence: number;
}

/** The fields of an edit, by their numbers (db/version_edit.cc of LevelDB). */
const COMPARATOR = 1;
const LOG_NUMBER = 2;
const NEXT_FILE = 3;
const SEQUENCE = 4;
const COMPACT_POINTER = 5;
const DELETED_FILE = 6;
const NEW_FILE = 7;
const PREVIOUS_LOG = 9;

/** @throws {RangeError} For records that are not those of a manifest. */
export function readManifest(records: readonly Buffer[]): Manifest {
  const tables = new Map<number, number>();
  let [logNumber, previousLog, sequence] = [0, 0, 0];
  for (const record of records) {
    const edit = new Cursor(record);
    while (!edit.atEnd) {
      const field = edit.varint();
      switch (field) {
        case COMPARATOR:
          edit.bytes();
          break;
        case LOG_NUMBER:
          logNumber = edit.varint();
          break;
        case PREVIOUS_LOG:
          previousLog = edit.varint();
          break;
        case NEXT_FILE:
          edit.varint();
          break;
        case SEQUENCE:
          sequence = edit.varint();
          break;
        case COMPACT_POINTER:
          edit.varint();
          edit.bytes();
          break;
        case DELETED_FILE:
          edit.varint();
          tables.delete(edit.varint());
          break;
        case NEW_FILE: {
          edit.varint();
          const number = edit.varint();
          tables.set(number, edit.varint());
          edit.bytes();
          edit.bytes();
          break;
        }
        default:
          throw new RangeError(`unknown field ${field}`);
      }
    }
  }
  return { tables, logNumber, previousLog, sequence };
}

/** LevelDB's name for a file: `ldb` or `sst` for a table, `log` for a log. */
export function fileName(number: number, kind: 'ldb' | 'sst' | 'log'): string {
  return `${`${number}`.padStart(6, '0')}.${kind}`;
}
