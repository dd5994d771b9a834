import type { Entry, GreyEntry, Source, TrappedEntry, WhiteEntry } from '../entry.ts';
import type { Drop } from './inbound.ts';

export interface SyncPeerEvents {
  /** Something the group said: fresh, authenticated, not seen before. Every type of entry. */
  entry: [entry: Entry, source: Source];
  grey: [entry: GreyEntry, source: Source];
  white: [entry: WhiteEntry, source: Source];
  trapped: [entry: TrappedEntry, source: Source];
  /** A datagram was refused, or an entry found no room with a reader. */
  drop: [drop: Drop];
  /** Something an operator should look at; the peer goes on. */
  warning: [warning: PeerWarning];
  /** The socket failed; the peer hears nothing more. Never raised by what the network sends. */
  error: [error: Error];
  close: [];
}

/**
 * What an operator should look at, though the peer goes on:
 * - `WARN_SPAMD_KEY`: the key authenticates nothing, or its file can be read by everyone;
 * - `WARN_SPAMD_KEY_MISMATCH`: a configured target's datagrams are repeatedly signed with no key of ours;
 * - `WARN_SPAMD_REPLAY`: `maxDigests` is too small for the traffic, so that a recorded datagram might be replayed;
 * - `WARN_SPAMD_TARGET`: a target that worked, or was never tried, cannot be sent to.
 */
export type PeerWarningCode = 'WARN_SPAMD_KEY' | 'WARN_SPAMD_KEY_MISMATCH' | 'WARN_SPAMD_REPLAY' | 'WARN_SPAMD_TARGET';

export interface PeerWarning {
  readonly code: PeerWarningCode;
  readonly message: string;
}
