/** The public surface of "spamd-sync/level". It needs the package classic-level. */

export type { RepairReport } from './store/level/contents.ts';
export type { Durability, LevelStoreOptions } from './store/level/options.ts';
export { LevelStore } from './store/level.ts';
