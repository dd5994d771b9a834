import { channel } from 'node:diagnostics_channel';

/**
 * The named channels of `node:diagnostics_channel`. Monitoring tools in the process can follow them without a reference
 * to the peer or the greylist. A message is made only for a channel that has subscribers. docs/api.md says what each
 * message holds.
 */
export const CHANNELS = {
  /** `{ peer, entry, source }`: an entry that a peer received. */
  entry: channel('spamd-sync:entry'),
  /** `{ peer, drop }`: a datagram or entry that a peer refused. */
  drop: channel('spamd-sync:drop'),
  /** `{ greylist, attempt, verdict }`: what `check` answered. */
  verdict: channel('spamd-sync:verdict'),
} as const;
