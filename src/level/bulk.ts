import { type AddressRecord, isSpent } from '../rules/address-record.ts';
import { takeDue } from '../rules/attempt.ts';
import { loadAddress } from '../rules/load.ts';
import type { TupleRecord } from '../rules/tuple-record.ts';
import type { Due, StoreRecord, Sweep } from '../store/store.ts';
import { ABSENT, type Table } from './table.ts';
import type { TrapTable } from './traps.ts';
import type { Writer } from './writer.ts';

/** What a store is made of, for what goes through all of it, a slice at a time while traffic goes on. */
export interface Parts {
  readonly tuples: Table<TupleRecord>;
  readonly addresses: Table<AddressRecord>;
  readonly traps: TrapTable;
  readonly writer: Writer;
  /** Throws when the store has been closed: after that nothing may change. */
  readonly checkOpen: () => void;
}

/** How many records are put in at a time before others have their turn. */
const SLICE = 500;

export async function loadAll(parts: Parts, records: readonly StoreRecord[]): Promise<void> {
  const { writer } = parts;
  for (let from = 0; from < records.length; from += SLICE) {
    parts.checkOpen();
    if (writer.full) await writer.commit();
    await loadSome(parts, records.slice(from, from + SLICE));
  }
  if (writer.mustWait) await writer.commit();
}

async function loadSome(
  { tuples, addresses, traps, checkOpen }: Parts,
  records: readonly StoreRecord[],
): Promise<void> {
  await tuples.each(
    records.filter((item) => item.type === 'tuple'),
    byKey,
    ({ key, record }) => {
      checkOpen();
      tuples.put(key, { ...record });
    },
  );
  await addresses.each(
    records.filter((item) => item.type === 'address'),
    ({ ip }) => ip,
    ({ ip, record }, known) => {
      checkOpen();
      addresses.put(ip, loadAddress(known === ABSENT ? undefined : known, record));
    },
  );
  checkOpen();
  for (const item of records) if (item.type === 'spamtrap') traps.add(item.address);
}

export async function sweepAll(parts: Parts, options: { now: number; trapWins: boolean }): Promise<Sweep> {
  parts.checkOpen();
  // So that all there is to look at is on the disk. What has changed by the time it is read is looked at again.
  await parts.writer.commit();
  const removedTuples = await sweepTuples(parts, options.now);
  const { removed, due } = await sweepAddresses(parts, options);
  if (parts.writer.mustWait) await parts.writer.commit();
  return { removed: removedTuples + removed, due };
}

async function sweepTuples({ tuples, writer, checkOpen }: Parts, now: number): Promise<number> {
  let removed = 0;
  for await (const slice of tuples.slices()) {
    const expired = slice.filter(({ record }) => record.expires <= now);
    await tuples.each(expired, byKey, ({ key }, record) => {
      checkOpen();
      if (record === ABSENT || record.expires > now) return;
      tuples.delete(key);
      removed++;
    });
    if (writer.full) await writer.commit();
  }
  return removed;
}

async function sweepAddresses(
  { addresses, writer, checkOpen }: Parts,
  { now, trapWins }: { now: number; trapWins: boolean },
): Promise<Sweep> {
  let removed = 0;
  const due: Due[] = [];
  for await (const slice of addresses.slices()) {
    const ripe = slice.filter(({ record }) => isSpent(record, now) || isForgotten(record, now));
    await addresses.each(ripe, byKey, ({ key: ip }, record) => {
      checkOpen();
      if (record === ABSENT) return;
      if (isSpent(record, now)) {
        addresses.delete(ip);
        removed++;
        return;
      }
      const again = takeDue(record, now, trapWins);
      if (again === undefined) return;
      addresses.put(ip, record);
      due.push({ ip, ...again });
    });
    if (writer.full) await writer.commit();
  }
  return { removed, due };
}

/** Whether the group may have forgotten it, so that it is worth a closer look. */
function isForgotten({ announcedUntil }: AddressRecord, now: number): boolean {
  return announcedUntil !== 0 && announcedUntil <= now;
}

function byKey({ key }: { readonly key: string }): string {
  return key;
}
