import { channel } from 'node:diagnostics_channel';

/**
 * The named channels of `node:diagnostics_channel`, on which tools of the process see what goes on without a hand on the
 * objects. A message is made only where somebody has subscribed. docs/api.md says what is in each.
 */
export const CHANNELS = {
  /** `{ peer, entry, source }`: an entry that a peer received. */
  entry: channel('spamd-sync:entry'),
  /** `{ peer, drop }`: what a peer refused. */
  drop: channel('spamd-sync:drop'),
  /** `{ greylist, attempt, verdict }`: what `check` answered. */
  verdict: channel('spamd-sync:verdict'),
} as const;
