import { freshUntil, ReplayWindow } from './replay-window.ts';

/** Our own datagrams come back at once or never, so few of their digests are enough. */
const MAX_SENT = 16_384;

/** The digests of what this peer sent, by which it knows its own echo. The signer writes them, inbound reads them. */
export class SentDigests {
  readonly #window = new ReplayWindow(MAX_SENT);
  readonly #maxSkew: number | false;

  /** @param maxSkew As in `SyncPeerOptions`: past it an echo is stale anyway. */
  constructor(maxSkew: number | false) {
    this.#maxSkew = maxSkew;
  }

  /** @param newest The newest timestamp in the datagram, Unix seconds; -1 for none. */
  add(digest: string, newest: number, now: number): void {
    // Old entries come back now too.
    this.#window.add(digest, freshUntil(Math.max(newest, now), this.#maxSkew), now);
  }

  has(digest: string, now: number): boolean {
    return this.#window.has(digest, now);
  }
}
