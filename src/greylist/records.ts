import { canonicalAddress, canonicalNetwork } from '../address.ts';
import { type AddressRecord, merged, newAddress, stateOf } from '../rules/address.ts';
import type { Evidence } from '../rules/evidence.ts';
import { canonicalMailbox, originalOf, splitKey, tupleKey, typedStrings } from '../rules/key.ts';
import { checkRecord, checkRecords, type SpamdbRecord } from '../spamdb-record.ts';
import type { Store, StoreRecord } from '../store/store.ts';
import { badOption, checkMembers } from '../validate.ts';
import { identityOf } from './identity.ts';
import type { GreylistPolicy } from './policy.ts';
import { clientOf } from './received.ts';

/** How many records are put into the store at a time. */
const BATCH = 1000;

/** How many records of each kind an import took in. */
export interface ImportReport {
  /** Tuples. */
  readonly grey: number;
  /** White addresses. */
  readonly white: number;
  /** Trapped addresses. */
  readonly trapped: number;
  /** Spamtraps. */
  readonly spamtraps: number;
  /** greydb's lines of allowed domains. They were not taken in: they belong in `policy.allowedDomains`. */
  readonly domains: number;
  /**
   * Records that were not taken in: no IP address (or network, or identity), a spamtrap of brackets alone, or expired.
   */
  readonly ignored: number;
}

/** Options of `export`. */
export interface ExportOptions {
  /** Whether each trapped address comes with the evidence of its traps, newest first. Default `false`. */
  readonly evidence?: boolean | undefined;
}

/** A line of spamdb(8). A TRAPPED line has the evidence if that was asked for. */
export type ExportedRecord = SpamdbRecord & {
  /** Why the address was trapped, newest first; only in a TRAPPED line. */
  readonly evidence?: readonly Evidence[];
};

/**
 * @returns Whether evidence is asked for.
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`
 */
export function checkedExport(options: ExportOptions): boolean {
  checkMembers('options', options, { evidence: true });
  const { evidence = false } = options;
  if (typeof evidence !== 'boolean') throw badOption('evidence', 'not true or false', evidence);
  return evidence;
}

/** The records of a store that have not expired, as spamdb(8) lists them. */
export async function* exportRecords(
  store: Store,
  now: number,
  trapWins: boolean,
  evidence: boolean,
): AsyncIterable<ExportedRecord> {
  for await (const item of store.records()) {
    if (item.type === 'spamtrap') yield { type: 'SPAMTRAP', address: item.address };
    else if (item.type === 'address') {
      const record = addressLine(item.ip, item.record, now, trapWins);
      if (record === undefined) continue;
      yield evidence && record.type === 'TRAPPED' ? { ...record, evidence: item.record.evidence } : record;
    } else if (item.record.expires > now) {
      const { first, pass, expires, blocked, passed } = item.record;
      const strings = typedStrings(item.key, item.record.original);
      yield { type: 'GREY', ip: splitKey(item.key).ip, ...strings, first, pass, expires, blocked, passed };
    }
  }
}

/**
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a value that is not an iterable of records.
 * @throws {EntryError} `ERR_SPAMD_FIELD` for a record that spamdb(8) cannot have listed; those before it may be taken
 * in.
 */
export async function importRecords(
  store: Store,
  records: Iterable<SpamdbRecord> | AsyncIterable<SpamdbRecord>,
  now: number,
  policy: GreylistPolicy,
): Promise<ImportReport> {
  checkRecords(records);
  const counts = { GREY: 0, WHITE: 0, TRAPPED: 0, SPAMTRAP: 0, DOMAIN: 0 };
  let index = 0;
  let ignored = 0;
  let batch: StoreRecord[] = [];
  for await (const record of records) {
    checkRecord(record, index++);
    if (record.type === 'DOMAIN') {
      counts.DOMAIN++;
      continue;
    }
    const item = asStored(record, now, policy);
    if (item === undefined) {
      ignored++;
      continue;
    }
    counts[record.type]++;
    batch.push(item);
    if (batch.length === BATCH) {
      await store.load(batch);
      batch = [];
    }
  }
  await store.load(batch);
  const { GREY: grey, WHITE: white, TRAPPED: trapped, SPAMTRAP: spamtraps, DOMAIN: domains } = counts;
  return { grey, white, trapped, spamtraps, domains, ignored };
}

function addressLine(ip: string, record: AddressRecord, now: number, trapWins: boolean): SpamdbRecord | undefined {
  const state = stateOf(record, now, trapWins);
  if (state === undefined) return undefined;
  if (state.type === 'trapped') return { type: 'TRAPPED', ip, expires: state.expires };
  const { first, blocked, passed } = record;
  // A reader of the line takes the later of `first` and `pass` as the time of the decision. An `allow` or another host
  // may have made the decision later than both.
  const pass = state.at > first ? Math.max(record.pass, state.at) : record.pass;
  return { type: 'WHITE', ip, first, pass, expires: state.expires, blocked, passed };
}

function asStored(
  record: Exclude<SpamdbRecord, { type: 'DOMAIN' }>,
  now: number,
  policy: GreylistPolicy,
): StoreRecord | undefined {
  if (record.type === 'SPAMTRAP') {
    const address = canonicalMailbox(record.address);
    return address === '' ? undefined : { type: 'spamtrap', address };
  }
  const address = canonicalAddress(record.ip);
  const ip = address === undefined ? networkOrName(record.ip, policy) : clientOf(address, policy);
  if (ip === undefined || record.expires <= now) return undefined;
  if (record.type === 'GREY') {
    const { helo, from, to, first, pass, expires, blocked, passed } = record;
    const key = tupleKey(ip, helo, from, to);
    const stored = { first, pass, expires, blocked, passed, original: originalOf(key, helo, from, to) };
    return { type: 'tuple', key, record: stored };
  }
  return { type: 'address', ip, record: asAddress(record, now, policy.trapexp) };
}

/** The network or name in a line. With `policy.identify` it may be any name. */
export function networkOrName(text: string, policy: GreylistPolicy): string | undefined {
  return canonicalNetwork(text) ?? (policy.identify === undefined ? undefined : identityOf(text));
}

/** spamdb(8) does not say when a decision was made. For a white address the last delivery is the latest sign of it. */
function asAddress(record: SpamdbRecord & { type: 'WHITE' | 'TRAPPED' }, now: number, trapexp: number): AddressRecord {
  const { expires } = record;
  if (record.type === 'TRAPPED') {
    const at = Math.max(1, Math.min(now, expires - trapexp));
    return merged(newAddress(at), {
      type: 'trapped',
      at,
      expires,
      local: false,
      trappedBy: 'import',
      circumstances: {},
    });
  }
  const { first, pass, blocked, passed } = record;
  const at = Math.max(1, Math.min(now, Math.max(first, pass)));
  return { ...merged(newAddress(first), { type: 'white', at, expires, local: false }), pass, blocked, passed };
}
