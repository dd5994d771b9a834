/** The public surface of "spamd-sync/store": the stores' port, the records, and the rules that run over them. */

export {
  type AddressChange,
  type AddressRecord,
  type AddressState,
  type Claim,
  holds,
  holdsUntil,
  merged,
  mergedRecords,
  newAddress,
  stateOf,
  timeOf,
} from '../rules/address.ts';
export {
  type AttemptOptions,
  type AttemptOutcome,
  AttemptStep,
  type Rules,
} from '../rules/attempt.ts';
export {
  type ChangeAt,
  type Changed,
  type ChangeOptions,
  ChangeStep,
  LoadAddressStep,
  LoadTupleStep,
  ReadStep,
} from '../rules/change.ts';
export { addedCounts, CountStep } from '../rules/counts.ts';
export type { Evidence } from '../rules/evidence.ts';
export {
  addressOfKey,
  canonicalMailbox,
  originalOf,
  splitKey,
  tupleKey,
  tupleKeyPrefix,
  typedStrings,
} from '../rules/key.ts';
export type { Counts, Result, Step, View } from '../rules/step.ts';
export {
  type Due,
  isExpiredTuple,
  isForSweep,
  SweepAddressStep,
  SweepTupleStep,
  type Swept,
} from '../rules/sweep.ts';
export { newTuple, type TupleRecord } from '../rules/tuple.ts';
export { decodeAddress, decodeTuple, encodeAddress, encodeTuple } from './codec.ts';
export { MemoryStore, type MemoryStoreOptions } from './memory.ts';
export type { Awaitable, Candidate, Spamtraps, Store, StoredTuple, StoreRecord, StoreStats } from './store.ts';
export { type Sweep, sweep } from './sweep.ts';
