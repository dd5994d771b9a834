import { freshUntil, ReplayWindow } from './replay-window.ts';

/** Our own datagrams come back at once or never, so a small number of their digests is enough. */
const MAX_SENT = 16_384;

/**
 * The digests of the datagrams that this peer sent, by which it recognises its own echo. The signer writes them,
 * inbound reads them.
 */
export class SentDigests {
  readonly #window = new ReplayWindow(MAX_SENT);
  readonly #maxSkew: number | false;

  /** @param maxSkew As in `SyncPeerOptions`: after that time an echo is stale anyway. */
  constructor(maxSkew: number | false) {
    this.#maxSkew = maxSkew;
  }

  /** @param newest The newest timestamp in the datagram, Unix seconds; -1 for none. */
  add(digest: string, newest: number, now: number): void {
    // A datagram of old entries also comes back now, so its digest is kept from now on.
    this.#window.add(digest, freshUntil(Math.max(newest, now), this.#maxSkew), now);
  }

  has(digest: string, now: number): boolean {
    return this.#window.has(digest, now);
  }
}
