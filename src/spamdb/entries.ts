import { isIP } from 'node:net';
import { nextTurn } from '../clock.ts';
import type { GreyEntry, TrappedEntry, WhiteEntry } from '../entry.ts';
import { checkRecord, checkRecords, type SpamdbRecord } from '../spamdb-record.ts';
import { checkedTime, checkedWhole, checkFunction, checkMembers } from '../validate.ts';

/**
 * Why a record makes no entry:
 * - `expired`: its `expires` is not after `now`;
 * - `pool`: its `ip` is a network or a name, as under the policies `subnet` and `identify`;
 * - `spamtrap`: the protocol has no form for spamtraps;
 * - `domain`: the protocol has no form for greydb's domains.
 */
export type LeftOutReason = 'expired' | 'pool' | 'spamtrap' | 'domain';

/** Options of {@link toEntries}. */
export interface ToEntriesOptions {
  /** Records that have expired at this time are left out. No timestamp is later. Unix seconds, 0..2^32-1, floored. */
  readonly now: number;
  /**
   * How long a trap holds from when it is made, whole seconds, 1..2^31: `policy.trapexp` of the greylist that listed
   * the records. Default 86400, 24 hours, as spamd (grey.h) and greyd.
   */
  readonly trapexp?: number | undefined;
  /** Called with each record that is left out, and the reason. If it throws, the entries end. Default: none. */
  readonly onLeftOut?: ((record: SpamdbRecord, why: LeftOutReason) => void) | undefined;
}

/** How many records are worked on between two turns of the event loop, since all of them may be left out. */
const SLICE = 4000;

/**
 * Makes entries to announce from the records of a greylist or a dump, for `peer.seed()`. spamdb(8) does not list when a
 * decision was made, so timestamps are worked out as `greylist.import()` does it, Unix seconds:
 * - WHITE: the later of `first` and `pass`, because the last delivery is the latest sign of the decision;
 * - TRAPPED: `expires - trapexp`, or 0 if that is less than 0;
 * - GREY: `first`, from which hosts of this library count passtime and greyexp; a spamd counts from when it receives
 * the entry.
 *
 * Each timestamp is `now` at the latest: a timestamp from the future would make receivers refuse the whole datagram as
 * stale. Addresses and strings stay as they are. The peer does not send an entry that must not be sent, such as one
 * with IPv6 or with the empty HELO of an old GREY line. It reports such entries as `skipped`.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for records that are not iterable, and for an invalid option.
 * @throws {EntryError} `ERR_SPAMD_FIELD`, while iterated, for a record that spamdb(8) cannot have listed.
 */
export function toEntries(
  records: Iterable<SpamdbRecord> | AsyncIterable<SpamdbRecord>,
  options: ToEntriesOptions,
): AsyncGenerator<GreyEntry | WhiteEntry | TrappedEntry, void> {
  checkRecords(records);
  checkMembers('options', options, { now: true, trapexp: true, onLeftOut: true });
  const { now, trapexp = 86_400, onLeftOut } = options;
  const seconds = checkedTime('now', now);
  checkedWhole('trapexp', trapexp, 1, 2 ** 31);
  checkFunction('onLeftOut', onLeftOut);
  return entries(records, { now: seconds, trapexp, onLeftOut });
}

async function* entries(
  records: Iterable<SpamdbRecord> | AsyncIterable<SpamdbRecord>,
  { now, trapexp, onLeftOut }: ToEntriesOptions & { readonly trapexp: number },
): AsyncGenerator<GreyEntry | WhiteEntry | TrappedEntry, void> {
  let index = 0;
  for await (const record of records) {
    checkRecord(record, index);
    const entry = asEntry(record, now, trapexp);
    if (typeof entry === 'string') onLeftOut?.(record, entry);
    else yield entry;
    if (++index % SLICE === 0) await nextTurn();
  }
}

function asEntry(
  record: SpamdbRecord,
  now: number,
  trapexp: number,
): GreyEntry | WhiteEntry | TrappedEntry | LeftOutReason {
  if (record.type === 'SPAMTRAP') return 'spamtrap';
  if (record.type === 'DOMAIN') return 'domain';
  const { ip, expires } = record;
  if (expires <= now) return 'expired';
  if (isIP(ip) === 0) return 'pool';
  switch (record.type) {
    case 'WHITE':
      return { type: 'white', ip, timestamp: Math.min(now, Math.max(record.first, record.pass)), expires };
    case 'TRAPPED':
      return { type: 'trapped', ip, timestamp: Math.max(0, Math.min(now, expires - trapexp)), expires };
    case 'GREY': {
      const { helo, from, to, first } = record;
      return { type: 'grey', ip, helo, from, to, timestamp: Math.min(now, first) };
    }
  }
}
