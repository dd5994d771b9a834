/** Everything known of one tuple: the fields of a GREY line of spamdb(8). Times are Unix seconds. */
export interface TupleRecord {
  /** When it was first seen. */
  readonly first: number;
  /** When it passed. Until then this is its expiry, as in spamd. */
  readonly pass: number;
  /** When it is forgotten. A later attempt never moves it. */
  readonly expires: number;
  /** How often it was deferred. */
  readonly blocked: number;
  /** How often it passed. */
  readonly passed: number;
  /** HELO, sender and recipient as the client typed them, if the key does not show that; see `originalOf`. */
  readonly original: string | undefined;
}

/** A tuple that is seen for the first time, and deferred. */
export function newTuple(at: number, greyexp: number, original: string | undefined): TupleRecord {
  const expires = at + greyexp;
  return { first: at, pass: expires, expires, blocked: 0, passed: 0, original };
}

/** Whether an attempt at this time may pass. spamd's rule (grey.c): first + passtime < now, strictly. */
export function isRetry({ first }: TupleRecord, at: number, passtime: number): boolean {
  return first + passtime < at;
}

/**
 * The tuple after another host announced an attempt. If the attempt is earlier than the first one known here, the group
 * has known the tuple since then. So the first sight and the expiry move back together.
 */
export function sinceAt(record: TupleRecord, at: number): TupleRecord {
  const lifetime = record.expires - record.first;
  // An attempt whose own tuple would have expired by the first sight known here changes nothing.
  if (at >= record.first || record.first >= at + lifetime) return record;
  const expires = at + lifetime;
  const pass = record.pass === record.expires ? expires : record.pass;
  return { ...record, first: at, pass, expires };
}

/**
 * Writes a record over another, for a store that holds records in memory. So the record that a step returned can be
 * collected at once. To keep the new record instead of the old one would cost the garbage collector ten times as much.
 */
export function overwriteTuple(
  record: { -readonly [Field in keyof TupleRecord]: TupleRecord[Field] },
  by: TupleRecord,
): void {
  record.first = by.first;
  record.pass = by.pass;
  record.expires = by.expires;
  record.blocked = by.blocked;
  record.passed = by.passed;
  record.original = by.original;
}
