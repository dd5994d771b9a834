/** The public surface of "spamd-sync/spamdb": the text of spamdb(8) and lists of addresses, in and out. */

export type { GreyEntry, SpamdbRecord, TrappedEntry, WhiteEntry } from './entry.ts';
export { EntryError, LineError, SpamdSyncError, type SpamdSyncErrorCode } from './errors.ts';
export { type AddressListItem, parseAddressList } from './spamdb/address-list.ts';
export type { TextChunks } from './spamdb/chunks.ts';
export { type LeftOutReason, type ToEntriesOptions, toEntries } from './spamdb/entries.ts';
export { formatSpamdb } from './spamdb/format.ts';
export type { ParseOptions, ParseProgress } from './spamdb/lines.ts';
export { parseSpamdb, type SpamdbParseOptions } from './spamdb/parse.ts';
export { exportTraplist, type TraplistOptions } from './spamdb/traplist.ts';
