/** The public surface of "spamd-sync". */

export { SyncKey } from './auth/key.ts';
export { Keyring, type Verified } from './auth/keyring.ts';
export type { Clock, ClockTimers, TimedClock, Timer } from './clock.ts';
export type {
  AnnounceOptions,
  Entry,
  EntryType,
  GreyEntry,
  Group,
  Removal,
  Source,
  SpamdbRecord,
  TrappedEntry,
  Tuple,
  WhiteEntry,
} from './entry.ts';
export {
  DecodeError,
  type DecodeReason,
  EntryError,
  LineError,
  SnapshotError,
  SpamdSyncError,
  type SpamdSyncErrorCode,
} from './errors.ts';
export type { Attempt } from './greylist/attempt.ts';
export type {
  GreylistEvents,
  GreylistStats,
  GreylistWarning,
  GreylistWarningCode,
  IgnoreReason,
} from './greylist/events.ts';
export { Greylist } from './greylist/greylist.ts';
export type { GreylistOptions, SweepReport } from './greylist/options.ts';
export type { GreylistPolicy } from './greylist/policy.ts';
export type { ImportReport } from './greylist/records.ts';
export type { Verdict } from './greylist/verdict.ts';
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
export type { Received, ReceivedOptions } from './peer/received.ts';
export type { SendReport, Skipped, TargetReport } from './peer/report.ts';
export type { SeedOptions, SeedProgress, SeedReport } from './peer/seeder.ts';
export type { EntryCounts, PeerStats } from './peer/stats.ts';
export type { AddressChange, AddressRecord, AddressState, Claim } from './rules/address-record.ts';
export type { TupleRecord } from './rules/tuple-record.ts';
export { MemoryStore, type MemoryStoreOptions } from './store/memory.ts';
export type { Chunks, RestoreReport, SnapshotOptions, SnapshotProgress, SnapshotSource } from './store/snapshot.ts';
export type {
  AttemptOutcome,
  AttemptStep,
  Awaitable,
  Due,
  Rules,
  Spamtraps,
  Store,
  StoreRecord,
  StoreStats,
  Sweep,
} from './store/store.ts';
export type {
  Link,
  ListenAt,
  OpenTransport,
  SendTo,
  Transport,
  TransportEvents,
  TransportOptions,
} from './transport/transport.ts';
