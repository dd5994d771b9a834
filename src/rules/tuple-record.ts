/** Everything known of one tuple; the fields of a GREY line of spamdb(8). Times are Unix seconds. */
export interface TupleRecord {
  /** When it was first seen. */
  first: number;
  /** When it passed; its expiry until then, as in spamd. */
  pass: number;
  /** When it is forgotten; never moved. */
  expires: number;
  /** How often it was deferred. */
  blocked: number;
  /** How often it passed. */
  passed: number;
  /** The strings as the client typed them, where they cannot be told from the key. */
  readonly spelled: string | undefined;
}

/** What an attempt is to a tuple that is known: too soon, or a retry that may pass. */
export type TupleStep = 'early' | 'retry';

export function newTupleRecord(at: number, greyexp: number, spelled: string | undefined): TupleRecord {
  return { first: at, pass: at + greyexp, expires: at + greyexp, blocked: 0, passed: 0, spelled };
}

/** spamd's rule (grey.c): a retry passes when first + passtime < now, strictly. */
export function stepOf(record: TupleRecord, at: number, passtime: number): TupleStep {
  if (at < record.first) setBack(record, at);
  return record.first + passtime < at ? 'retry' : 'early';
}

/** Told late of an earlier attempt by another host: the group has known the tuple since then, and forgets it by then. */
function setBack(record: TupleRecord, at: number): void {
  const life = record.expires - record.first;
  if (record.first >= at + life) return;
  if (record.pass === record.expires) record.pass = at + life;
  record.first = at;
  record.expires = at + life;
}
