import type { GreylistStats, StoreStats } from '../index.ts';
import { byLabel, type Family, one } from './text.ts';

/** The counters of a greylist. Those of the store are missing while the store does not answer. */
export function greylistFamilies({ verdicts, ignored, store, ...counts }: GreylistStats): Family[] {
  return [
    {
      name: 'verdicts_total',
      type: 'counter',
      help: 'Answers of the greylist, by reason.',
      samples: byLabel('reason', verdicts),
    },
    {
      name: 'applied_entries_total',
      type: 'counter',
      help: 'Entries received from the group that were applied.',
      samples: one(counts.applied),
    },
    {
      name: 'ignored_entries_total',
      type: 'counter',
      help: 'Entries received from the group that were not applied, by reason.',
      samples: byLabel('reason', ignored),
    },
    {
      name: 'announced_entries_total',
      type: 'counter',
      help: 'Entries handed to the group to be announced.',
      samples: one(counts.announced),
    },
    {
      name: 'unannounced_entries_total',
      type: 'counter',
      help: 'Entries handed to the group that it could not take.',
      samples: one(counts.unannounced),
    },
    {
      name: 'unrecorded_traps_total',
      type: 'counter',
      help: 'Traps that the greylist answered and announced although the store failed and has no record of them.',
      samples: one(counts.unrecorded),
    },
    {
      name: 'greylist_listener_errors_total',
      type: 'counter',
      help: 'Calls of listeners of the greylist that threw or rejected.',
      samples: one(counts.listenerErrors),
    },
    {
      name: 'swept_records_total',
      type: 'counter',
      help: 'Records that sweeps removed.',
      samples: one(counts.swept),
    },
    {
      name: 'repaired_addresses_total',
      type: 'counter',
      help: 'Addresses that sweeps announced again.',
      samples: one(counts.repaired),
    },
    {
      name: 'store_up',
      type: 'gauge',
      help: 'Whether the store answers: 1 or 0.',
      samples: one(store === undefined ? 0 : 1),
    },
    {
      name: 'store_records',
      type: 'gauge',
      help: 'Records and spamtraps that the store holds, by kind.',
      samples:
        store === undefined
          ? []
          : byLabel('kind', { tuple: store.tuples, address: store.addresses, spamtrap: store.spamtraps }),
    },
    {
      name: 'store_evicted_records_total',
      type: 'counter',
      help: 'Records that a bound of the store pushed out or kept out although they had not expired, by kind.',
      samples:
        store === undefined ? [] : byLabel('kind', { tuple: store.evictedTuples, address: store.evictedAddresses }),
    },
    {
      name: 'store_specific',
      type: 'gauge',
      help: 'Numbers that only this kind of store has, by their name in stats().',
      samples: store === undefined ? [] : byLabel('name', specificOf(store)),
    },
    {
      name: 'store_conflicts_total',
      type: 'counter',
      help: 'Steps that were run again because another writer was faster.',
      samples: one(store?.conflicts),
    },
  ];
}

/** Members that every store has, and that have a family of their own. */
const COMMON: ReadonlySet<string> = new Set<keyof StoreStats>([
  'tuples',
  'addresses',
  'spamtraps',
  'evictedTuples',
  'evictedAddresses',
  'conflicts',
]);

function specificOf(store: StoreStats): Record<string, number> {
  const members = Object.entries(store).filter(([name, value]) => typeof value === 'number' && !COMMON.has(name));
  return Object.fromEntries(members) as Record<string, number>;
}
