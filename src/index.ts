/** The public surface of "spamd-sync": what an application uses. */

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
export { attemptFrom, type Reported } from './greylist/attempt-from.ts';
export type { GreylistEvents, GreylistWarning, GreylistWarningCode } from './greylist/events.ts';
export { Greylist } from './greylist/greylist.ts';
export type { Attempt, CheckOptions } from './greylist/input.ts';
export type { ClaimOptions, GreylistOptions, Released, SweepReport, TrapOptions } from './greylist/options.ts';
export type { GreylistPolicy, PolicyOptions } from './greylist/policy.ts';
export type { ExportedRecord, ExportOptions, ImportReport } from './greylist/records.ts';
export type { DecidedReason, GreylistStats, IgnoreReason } from './greylist/stats.ts';
export type { DeferReason, PassReason, RejectReason, Verdict, VerdictReason } from './greylist/verdict.ts';
export type { KnownAddress, KnownClaim, KnownTuple, Why } from './greylist/why.ts';
export type { SkipReason } from './peer/dialect.ts';
export type { PeerWarning, PeerWarningCode, SyncPeerEvents } from './peer/events.ts';
export type { PeerHealth, SignedBy, SourceHealth, TargetHealth } from './peer/health.ts';
export type { Drop, DropReason } from './peer/inbound.ts';
export type { BatchOptions, Dialect, ListenOptions, SyncPeerOptions, TargetOptions } from './peer/options.ts';
export type { Sent } from './peer/outlet.ts';
export { SyncPeer } from './peer/peer.ts';
export type { Received, ReceivedOptions } from './peer/received.ts';
export type { SendReport, Skipped, TargetReport } from './peer/report.ts';
export type { SeedOptions, SeedProgress, SeedReport } from './peer/seeder.ts';
export type { EntryCounts, PeerStats } from './peer/stats.ts';
export type { Evidence } from './rules/evidence.ts';
export type { SpamdbRecord } from './spamdb-record.ts';
export { MemoryStore, type MemoryStoreOptions } from './store/memory.ts';
export type { Chunks, RestoreReport, SnapshotOptions, SnapshotProgress, SnapshotSource } from './store/snapshot.ts';
export type { Awaitable, Spamtraps, Store, StoreStats } from './store/store.ts';
export type {
  InterfaceState,
  Link,
  ListenAt,
  OpenTransport,
  SendTo,
  Transport,
  TransportEvents,
  TransportOptions,
} from './transport/transport.ts';
