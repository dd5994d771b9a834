/** The public surface of "spamd-sync/wire": the codec alone, for use in a program that does the rest itself. */

export { type InspectedHeader, type InspectedTlv, type Inspection, inspectDatagram } from '../auth/inspect.ts';
export { SyncKey } from '../auth/key.ts';
export { Keyring, type Verified } from '../auth/keyring.ts';
export {
  type Datagram,
  decodeDatagram,
  encodeDatagram,
} from '../auth/signed.ts';
export type {
  Entry,
  GreyEntry,
  Removal,
  TrappedEntry,
  WhiteEntry,
} from '../entry.ts';
export {
  DecodeError,
  type DecodeReason,
  EntryError,
  SpamdSyncError,
  type SpamdSyncErrorCode,
} from '../errors.ts';
export type { WireEntry, WireGrey } from './encode.ts';
export type { WireText } from './text.ts';
