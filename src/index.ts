/** The public surface of "spamd-sync". */

export { SyncKey } from './auth/key.ts';
export { Keyring } from './auth/keyring.ts';
export type {
  Announcer,
  Clock,
  Entry,
  EntryType,
  GreyEntry,
  Removal,
  Source,
  TrappedEntry,
  Tuple,
  WhiteEntry,
} from './entry.ts';
export {
  DecodeError,
  type DecodeReason,
  EntryError,
  SpamdSyncError,
  type SpamdSyncErrorCode,
} from './errors.ts';
export type { SkipReason } from './peer/dialect.ts';
export type {
  PeerWarning,
  PeerWarningCode,
  SyncPeerEvents,
} from './peer/events.ts';
export type { PeerHealth, SourceHealth, TargetHealth } from './peer/health.ts';
export type { Drop, DropReason } from './peer/inbound.ts';
export type {
  BatchOptions,
  Dialect,
  ListenOptions,
  SyncPeerOptions,
  TargetOptions,
} from './peer/options.ts';
export { SyncPeer } from './peer/peer.ts';
export type { Received } from './peer/received.ts';
export type { SendReport, Skipped, TargetReport } from './peer/report.ts';
export type { EntryCounts, PeerStats } from './peer/stats.ts';
export type {
  Link,
  ListenAt,
  OpenTransport,
  SendTo,
  Transport,
  TransportEvents,
  TransportOptions,
} from './transport/transport.ts';
