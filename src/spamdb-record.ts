import { isU32, U32_MAX } from './address.ts';
import { EntryError } from './errors.ts';
import { badOption, isObject, isStream } from './validate.ts';

/** The numbers of a GREY or WHITE line. */
export interface SpamdbHistory {
  /** When the tuple or the client was first seen, Unix seconds, 0..2^32-1. */
  readonly first: number;
  /** When the client passed. For GREY: when the tuple would expire, as spamd wrote it. Unix seconds, 0..2^32-1. */
  readonly pass: number;
  /** Until when the line holds, Unix seconds, 0..2^32-1. */
  readonly expires: number;
  /** How many attempts were deferred, 0..2^32-1. */
  readonly blocked: number;
  /** How many attempts passed, 0..2^32-1. */
  readonly passed: number;
}

/** A tuple that waits for its retry. Strings are as the client typed them. */
export interface SpamdbGrey extends SpamdbHistory {
  readonly type: 'GREY';
  /** The client's IPv4 or IPv6 address, or the text of a pool. */
  readonly ip: string;
  /** The argument of HELO or EHLO; empty where the database did not keep it. */
  readonly helo: string;
  /** The envelope sender. */
  readonly from: string;
  /** The envelope recipient. */
  readonly to: string;
}

/** A client that passes. */
export interface SpamdbWhite extends SpamdbHistory {
  readonly type: 'WHITE';
  /** The client's IPv4 or IPv6 address, or the text of a pool. */
  readonly ip: string;
}

/** A client that hit a spamtrap. */
export interface SpamdbTrapped {
  readonly type: 'TRAPPED';
  /** The client's IPv4 or IPv6 address, or the text of a pool. */
  readonly ip: string;
  /** Until when it is trapped, Unix seconds, 0..2^32-1. */
  readonly expires: number;
}

/** A recipient that is a spamtrap: a client that writes to it is trapped. */
export interface SpamdbSpamtrap {
  readonly type: 'SPAMTRAP';
  /** The recipient's mail address. */
  readonly address: string;
}

/** A domain that mail is accepted for. Only greydb(8) lists these; spamd reads its domains from a file. */
export interface SpamdbDomain {
  readonly type: 'DOMAIN';
  /** The domain, or the end of an address, as greydb prints it. */
  readonly domain: string;
}

/** An entry of the spamd database, a line of spamdb(8) or greydb(8). */
export type SpamdbRecord = SpamdbGrey | SpamdbWhite | SpamdbTrapped | SpamdbSpamtrap | SpamdbDomain;

/**
 * Refuses a value that cannot be a source of spamdb(8) records.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`
 */
export function checkRecords(records: unknown): void {
  if (typeof records === 'string' || records instanceof Uint8Array) {
    throw badOption('records', 'a text, not records: parseSpamdb() makes them of it', records);
  }
  if (!isStream(records)) throw badOption('records', 'not an iterable of records', records);
}

/** The members of each type, in the order of its line. */
const MEMBERS = {
  GREY: { text: ['ip', 'helo', 'from', 'to'], number: ['first', 'pass', 'expires', 'blocked', 'passed'] },
  WHITE: { text: ['ip'], number: ['first', 'pass', 'expires', 'blocked', 'passed'] },
  TRAPPED: { text: ['ip'], number: ['expires'] },
  SPAMTRAP: { text: ['address'], number: [] },
  DOMAIN: { text: ['domain'], number: [] },
} as const satisfies Record<SpamdbRecord['type'], object>;

/**
 * Refuses a record that spamdb(8) cannot have listed. The `ip` may be any text, since it may name a pool.
 *
 * @param index The place of the record in its list, for the error.
 * @throws {EntryError} `ERR_SPAMD_FIELD`
 */
export function checkRecord(record: SpamdbRecord, index: number): void {
  if (!isObject(record)) throw new EntryError('record', record, index, 'is not an object');
  if (typeof record.type !== 'string' || !Object.hasOwn(MEMBERS, record.type)) {
    throw new EntryError('type', record.type, index, 'is unknown');
  }
  const { text, number } = MEMBERS[record.type];
  const members = record as unknown as Readonly<Record<string, unknown>>;
  for (const name of text) {
    const value = members[name];
    if (typeof value !== 'string') throw new EntryError(name, value, index, 'is not a string');
  }
  for (const name of number) {
    const value = members[name];
    if (!isU32(value as number)) throw new EntryError(name, value, index, `is not a whole number 0..${U32_MAX}`);
  }
}
