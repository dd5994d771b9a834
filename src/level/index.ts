/** The public surface of "spamd-sync/level". It needs the package classic-level. */

export { LevelStore, type LevelStoreStats } from './level-store.ts';
export type { Durability, LevelStoreOptions } from './options.ts';
export type { RepairReport } from './repair.ts';
