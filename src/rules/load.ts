import { type AddressRecord, applyChange } from './address-record.ts';

/** A record that is put into a store where the address may be known already: the two are merged. */
export function loadAddress(known: AddressRecord | undefined, added: Readonly<AddressRecord>): AddressRecord {
  if (known === undefined) return { ...added };
  const record = { ...known };
  const { removalsUntil } = added;
  if (added.whiteRemoved > 0) {
    applyChange(record, { type: 'remove-white', ip: '', at: added.whiteRemoved, until: removalsUntil, own: false });
  }
  if (added.trappedRemoved > 0) {
    applyChange(record, { type: 'remove-trapped', ip: '', at: added.trappedRemoved, until: removalsUntil, own: false });
  }
  for (const claim of added.white) applyChange(record, { type: 'white', ip: '', ...claim, own: false, by: '' });
  for (const claim of added.trapped)
    applyChange(record, { type: 'trapped', ip: '', ...claim, own: false, by: added.by });
  record.ownWhite = Math.max(record.ownWhite, added.ownWhite);
  record.first = Math.min(record.first, added.first);
  record.pass = Math.max(record.pass, added.pass);
  record.blocked = Math.max(record.blocked, added.blocked);
  record.passed = Math.max(record.passed, added.passed);
  record.announcedUntil = Math.max(record.announcedUntil, added.announcedUntil);
  record.announcedAt = Math.max(record.announcedAt, added.announcedAt);
  return record;
}
