/** The public surface of "spamd-sync/spamdb": the text of spamdb(8) and lists of addresses, in and out. */

export type { GreyEntry, TrappedEntry, WhiteEntry } from '../entry.ts';
export { EntryError, LineError, SpamdSyncError, type SpamdSyncErrorCode } from '../errors.ts';
export type {
  SpamdbDomain,
  SpamdbGrey,
  SpamdbHistory,
  SpamdbRecord,
  SpamdbSpamtrap,
  SpamdbTrapped,
  SpamdbWhite,
} from '../spamdb-record.ts';
export { type AddressListItem, parseAddressList } from './address-list.ts';
export { type ReadAllOptions, readAll, type TextChunks } from './chunks.ts';
export { type LeftOutReason, type ToEntriesOptions, toEntries } from './entries.ts';
export { formatSpamdb, type SpamdbFormatOptions } from './format.ts';
export type { ParseOptions, ParseProgress } from './lines.ts';
export { parseSpamdb, type SpamdbParseOptions } from './parse.ts';
export { exportTraplist, type TraplistOptions } from './traplist.ts';
