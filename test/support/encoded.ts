/** Entries to encode, and what comes of it. */
import { encodeDatagram, type GreyEntry, SpamdSyncError, type WhiteEntry, type WireEntry } from 'spamd-sync/wire';
import { KEY } from './frame.ts';

export const white: WhiteEntry = { type: 'white', ip: '192.0.2.1', timestamp: 1_800_000_000, expires: 1_803_110_400 };
export const grey: GreyEntry = {
  type: 'grey',
  ip: '192.0.2.9',
  helo: 'mx.example.org',
  from: '<a@example.org>',
  to: '<b@example.net>',
  timestamp: 1_800_000_000,
};

export function encode(entries: Iterable<WireEntry>, counter = 0): Buffer {
  return Buffer.from(encodeDatagram(entries, { key: KEY, counter }));
}

export function refusal(run: () => unknown): SpamdSyncError {
  try {
    run();
  } catch (error) {
    if (error instanceof SpamdSyncError) return error;
    throw error;
  }
  throw new Error('it was encoded');
}
