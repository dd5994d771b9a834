import type { Entry, GreyEntry, Source, TrappedEntry, WhiteEntry } from '../entry.ts';
import type { Drop } from './inbound.ts';
import type { Sent } from './outlet.ts';

/**
 * The events of a `SyncPeer`, with the arguments of each listener. A listener that throws stops neither the peer nor
 * the other listeners: its error becomes a `warning`.
 */
export interface SyncPeerEvents {
  /** The group announced an entry that is fresh, authenticated and not seen before. For every type of entry. */
  entry: [entry: Entry, source: Source];
  /** The same event for this type only, after `entry`. */
  grey: [entry: GreyEntry, source: Source];
  /** The same event for this type only, after `entry`. */
  white: [entry: WhiteEntry, source: Source];
  /** The same event for this type only, after `entry`. */
  trapped: [entry: TrappedEntry, source: Source];
  /** A datagram was refused, or a reader of `received()` had no room for an entry. */
  drop: [drop: Drop];
  /** The system took a datagram for a target: an announcement, or a piece of a bulk send or a seed. */
  sent: [sent: Sent];
  /** Something an operator should look at; the peer goes on. */
  warning: [warning: PeerWarning];
  /**
   * The socket failed; the peer receives nothing more. Nothing that the network sends can raise it. If the event has no
   * listener, the error is thrown.
   */
  error: [error: Error];
  /** The peer is closed. */
  close: [];
}

/**
 * What an operator should look at, though the peer goes on:
 * - `WARN_SPAMD_INTERFACE`: the interface of the group, or the address that the peer listens on, is gone, back,
 *   re-created or re-addressed;
 * - `WARN_SPAMD_KEY`: the key authenticates nothing, or its file can be read by everyone;
 * - `WARN_SPAMD_KEY_MISMATCH`: five datagrams of one source in a row failed verification: the source has another key;
 * - `WARN_SPAMD_LISTENER`: a listener threw, or its promise rejected: this is a mistake of the program;
 * - `WARN_SPAMD_REPLAY`: `maxDigests` is too small for the traffic, so that a recorded datagram might be replayed;
 * - `WARN_SPAMD_SOURCE`: an authenticated datagram came from an address that `allow` does not name;
 * - `WARN_SPAMD_TARGET`: a target that worked, or was never tried, cannot be sent to.
 */
export type PeerWarningCode =
  | 'WARN_SPAMD_INTERFACE'
  | 'WARN_SPAMD_KEY'
  | 'WARN_SPAMD_KEY_MISMATCH'
  | 'WARN_SPAMD_LISTENER'
  | 'WARN_SPAMD_REPLAY'
  | 'WARN_SPAMD_SOURCE'
  | 'WARN_SPAMD_TARGET';

/** A `warning` event. */
export interface PeerWarning {
  /** Which warning it is; stable. */
  readonly code: PeerWarningCode;
  /** In words, for a log. May be reworded; tell warnings apart by the code. */
  readonly message: string;
  /** The error that a listener threw or that the system reported; `undefined` if there is none. */
  readonly error: unknown;
}
