import type { TimedClock } from '../clock.ts';
import type { Entry, Source } from '../entry.ts';
import type { PeerHealth } from '../peer/health.ts';
import type { Drop } from '../peer/inbound.ts';
import type { Sent } from '../peer/outlet.ts';
import type { SyncPeer } from '../peer/peer.ts';
import { failureOf, has, type Request, type ResponseProperties } from './messages.ts';
import { TextQueue } from './text-queue.ts';

/** What a peer needs to have to be served. */
export type ServedPeer = Pick<SyncPeer, 'health' | 'stats' | 'on' | 'off'>;

/**
 * Something that happened at a peer. `time` is when, Unix seconds with a fraction, by the clock of the serving process.
 * - `received`: the group announced an entry;
 * - `dropped`: a datagram was refused, or a reader had no room for an entry;
 * - `sent`: a datagram went out to a target;
 * - `missed`: `count` events were left out at this point, because the caller does not read fast enough.
 */
export type PeerEvent = {
  /** When it happened. */
  readonly time: number;
} & (
  | {
      /** What happened. */
      readonly event: 'received';
      /** What was announced. */
      readonly entry: Entry;
      /** Which host announced it. */
      readonly source: Source;
    }
  | {
      /** What happened. */
      readonly event: 'dropped';
      /** What was refused, and why. */
      readonly drop: Drop;
    }
  | {
      /** What happened. */
      readonly event: 'sent';
      /** What was sent, and to which target. */
      readonly sent: Sent;
    }
  | {
      /** What happened. */
      readonly event: 'missed';
      /** How many events were left out. */
      readonly count: number;
    }
);

/** How many callers may follow the events at once. Each has a queue and listeners on the peer. */
const MAX_FOLLOWING = 8;

/** Whether a request is about the peer. */
export function asksPeer(request: Request): boolean {
  return (['peerHealth', 'peerStats', 'peerEvents'] as const).some((member) => has(request, member));
}

/** Answers requests about a peer. All connections share one. */
export class PeerAnswers {
  readonly #peer: ServedPeer | undefined;
  readonly #clock: TimedClock;
  #following = 0;

  constructor(peer: ServedPeer | undefined, clock: TimedClock) {
    this.#peer = peer;
    this.#clock = clock;
  }

  /**
   * The responses to a request about the peer.
   *
   * @param ended Ends the responses that have no end of their own.
   */
  async *to(request: Request, ended: AbortSignal): AsyncGenerator<ResponseProperties, void> {
    const peer = this.#peer;
    if (peer === undefined) throw new Error('whoever serves the greylist serves no peer beside it');
    if (has(request, 'peerHealth')) yield { json: healthText(peer.health()) };
    else if (has(request, 'peerStats')) yield { json: JSON.stringify(peer.stats()) };
    else yield* this.#events(peer, ended);
  }

  async *#events(peer: ServedPeer, ended: AbortSignal): AsyncGenerator<ResponseProperties, void> {
    if (this.#following >= MAX_FOLLOWING) throw new Error(`${MAX_FOLLOWING} follow the peer already`);
    this.#following++;
    const queue = new TextQueue(ended);
    const put = (event: PeerEvent): void => queue.push(JSON.stringify(event));
    const now = (): number => this.#clock.now();
    const onEntry = (entry: Entry, source: Source): void => put({ event: 'received', time: now(), entry, source });
    const onDrop = (drop: Drop): void => put({ event: 'dropped', time: now(), drop });
    const onSent = (sent: Sent): void => put({ event: 'sent', time: now(), sent });
    peer.on('entry', onEntry);
    peer.on('drop', onDrop);
    peer.on('sent', onSent);
    try {
      yield {};
      for (;;) {
        const { texts, missed } = await queue.take();
        if (texts.length === 0 && missed === 0) break;
        const last: PeerEvent = { event: 'missed', time: now(), count: missed };
        yield { peerEvent: missed === 0 ? texts : [...texts, JSON.stringify(last)] };
      }
      yield { end: true };
    } finally {
      this.#following--;
      peer.off('entry', onEntry);
      peer.off('drop', onDrop);
      peer.off('sent', onSent);
    }
  }
}

/** Writes errors as failures, because JSON has no form for errors. */
function healthText(health: PeerHealth): string {
  const targets = health.targets.map(({ lastError, ...target }) =>
    lastError === undefined ? target : { ...target, lastError: failureOf(lastError) },
  );
  return JSON.stringify({ ...health, targets });
}
