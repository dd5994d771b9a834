import type { SpamdSyncError } from '../errors.ts';
import type { AddressRecord } from '../rules/address.ts';
import type { TupleRecord } from '../rules/tuple.ts';
import { type Counts, decodeMeta } from '../store/codec.ts';
import { ADDRESSES, decoded, META, NO_RECORDS, SPAMTRAPS, TUPLES } from './contents.ts';
import type { Database } from './database.ts';
import { damaged } from './errors.ts';
import type { Kind } from './table.ts';

/** As they stand in a message. */
const TYPES = ['tuples', 'addresses', 'spamtraps'] as const;
const KINDS = { tuples: TUPLES, addresses: ADDRESSES, spamtraps: SPAMTRAPS } as const;

/** What a look at all records found. */
export interface Census {
  /** What the store says of itself. */
  readonly said: Counts;
  /** What is there and sound. */
  readonly found: Counts;
  /** What is there, and fails its checksum or cannot be decoded. */
  readonly unsound: Counts;
}

type Found<R> = (key: string, record: R) => void;

export interface CensusOptions {
  readonly onTuple: Found<TupleRecord>;
  readonly onAddress: Found<AddressRecord>;
  /** Whether nobody wants to know any more. */
  readonly isOver: () => boolean;
}

/**
 * Looks at every record, as all are when it is begun.
 *
 * @returns `undefined` when it was over before.
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

/** How many more records of a type there are than the store says, sound or not. */
export function surplus({ said, found, unsound }: Census, type: keyof Counts): number {
  return found[type] + unsound[type] - said[type];
}

/** What is wrong by a census, and what a repair would keep; `undefined`: nothing. */
export function censusFinding(directory: string, census: Census): SpamdSyncError | undefined {
  const wrong = TYPES.filter((type) => census.unsound[type] > 0 || surplus(census, type) !== 0);
  if (wrong.length === 0) return undefined;
  const each = wrong.map(
    (type) => `of ${census.said[type]} ${type} ${census.found[type]} are sound and kept by a repair`,
  );
  return damaged(directory, each.join(', '));
}

/** Hands on a record; `false` where it cannot be decoded. */
function isDecoded<R>({ prefix, decode }: Kind<R>, stored: string, value: Buffer, to: Found<R>): boolean {
  const record = decoded(decode, value);
  if (record === undefined) return false;
  to(stored.slice(prefix.length), record);
  return true;
}
