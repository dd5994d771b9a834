import type { SpamdSyncError } from '../errors.ts';
import type { AddressRecord } from '../rules/address.ts';
import type { TupleRecord } from '../rules/tuple.ts';
import { type Counts, decodeMeta } from '../store/codec.ts';
import { ADDRESSES, decoded, META, NO_RECORDS, SPAMTRAPS, TUPLES } from './contents.ts';
import type { Database } from './database.ts';
import { damaged } from './errors.ts';
import type { Kind } from './table.ts';

/** The types of records, as a message names them. */
const TYPES = ['tuples', 'addresses', 'spamtraps'] as const;
const KINDS = { tuples: TUPLES, addresses: ADDRESSES, spamtraps: SPAMTRAPS } as const;

/** What a look at all records found. */
export interface Census {
  /** How many records there are, as the store says of itself. */
  readonly said: Counts;
  /** How many records are there and sound. */
  readonly found: Counts;
  /** How many records are there, but fail their checksum or cannot be decoded. */
  readonly unsound: Counts;
}

type Found<R> = (key: string, record: R) => void;

export interface CensusOptions {
  readonly onTuple: Found<TupleRecord>;
  readonly onAddress: Found<AddressRecord>;
  /** Whether the census may stop, because its result is not needed any more. */
  readonly isOver: () => boolean;
}

/**
 * Looks at every record, as the records stand when the census begins.
 *
 * @returns `undefined` if `isOver` ended the census early.
 */
export async function takeCensus(db: Database, o: CensusOptions): Promise<Census | undefined> {
  let said = NO_RECORDS;
  const found = { ...NO_RECORDS };
  const unsound = { ...NO_RECORDS };
  for await (const slice of db.slices()) {
    if (o.isOver()) return undefined;
    for (const [key, value] of slice) {
      if (key === META && value !== undefined) ({ counts: said } = decodeMeta(value));
      const type = TYPES.find((one) => key.startsWith(KINDS[one].prefix));
      if (type === undefined) continue;
      let isSound = value !== undefined;
      if (value !== undefined && type === 'tuples') isSound = isDecoded(TUPLES, key, value, o.onTuple);
      if (value !== undefined && type === 'addresses') isSound = isDecoded(ADDRESSES, key, value, o.onAddress);
      (isSound ? found : unsound)[type]++;
    }
  }
  return { said, found, unsound };
}

/** How many more records of a type there are, sound or not, than the store says. */
export function surplus({ said, found, unsound }: Census, type: keyof Counts): number {
  return found[type] + unsound[type] - said[type];
}

/** What a census found wrong, and what a repair would keep; `undefined` if nothing is wrong. */
export function censusFinding(directory: string, census: Census): SpamdSyncError | undefined {
  const wrong = TYPES.filter((type) => census.unsound[type] > 0 || surplus(census, type) !== 0);
  if (wrong.length === 0) return undefined;
  const each = wrong.map(
    (type) => `of ${census.said[type]} ${type} ${census.found[type]} are sound and kept by a repair`,
  );
  return damaged(directory, each.join(', '));
}

/** Decodes a record and hands it on; `false` if it cannot be decoded. */
function isDecoded<R>({ prefix, decode }: Kind<R>, stored: string, value: Buffer, to: Found<R>): boolean {
  const record = decoded(decode, value);
  if (record === undefined) return false;
  to(stored.slice(prefix.length), record);
  return true;
}
