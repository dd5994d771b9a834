import type { SyncPeer } from '../../index.ts';
import type { Log } from '../terminal/log.ts';
import { entryWords } from '../terminal/words.ts';

/** Logs a line for each entry that a peer receives, and for each drop. */
export function logTraffic(peer: SyncPeer, log: Log): void {
  peer.on('entry', (entry, source) => {
    // A WHITE whose expiry is 0 is a freshness marker, which is sent before old entries.
    if (entry.type !== 'white' || entry.expires > 0) log(`received ${entryWords(entry)} from ${source.address}`);
  });
  peer.on('drop', ({ reason, detail, source, size }) => {
    log(`dropped ${size} bytes from ${source.address}:${source.port}: ${reason}: ${detail}`);
  });
}
