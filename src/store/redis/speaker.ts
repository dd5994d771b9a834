import type { Entry, Source } from '../../entry.ts';
import { SpamdSyncError } from '../../errors.ts';
import type { GroupPeer } from './options.ts';
import type { Said } from './queue.ts';

/** What has waited longer than this would be taken for a replay, seconds. */
const BACKDATED_AFTER = 60;

export interface SpeakerEvents {
  readonly entry: (entry: Entry, source: Source) => void;
  readonly lead: () => void;
  readonly yield: () => void;
  /** The peer could not be opened, or is of no use any more. */
  readonly failed: (error: unknown) => void;
  /** The peer refused what it was to announce. */
  readonly refused: (error: unknown) => void;
}

/** The peer of the process that holds the lease: opened while it does, closed when it does not. */
export class Speaker {
  readonly #open: () => Promise<GroupPeer>;
  readonly #events: SpeakerEvents;
  #opening: Promise<void> | undefined;
  #peer: GroupPeer | undefined;
  /** Each time it starts or stops is another, so that a peer that took too long to open is known for it. */
  #turn = 0;

  constructor(open: () => Promise<GroupPeer>, events: SpeakerEvents) {
    this.#open = open;
    this.#events = events;
  }

  get speaking(): boolean {
    return this.#peer !== undefined;
  }

  /** Opens the peer unless that is done or under way. */
  start(): void {
    if (this.#peer !== undefined) return;
    this.#opening ??= this.#start(++this.#turn).finally(() => {
      this.#opening = undefined;
    });
  }

  /** Resolves when no peer is being opened any more. */
  async settled(): Promise<void> {
    await this.#opening;
  }

  /** Closes the peer. Resolves when the port is free. */
  async stop(): Promise<void> {
    this.#turn++;
    const peer = this.#peer;
    this.#peer = undefined;
    if (peer !== undefined) {
      this.#events.yield();
      await peer.close().catch(this.#events.failed);
    }
    await this.#opening;
  }

  /** @returns The ids of what was sent, or can never be. */
  async say(queued: readonly Said[], now: number): Promise<string[]> {
    const peer = this.#peer;
    if (peer === undefined) return [];
    const results = await Promise.allSettled(
      queued.map(({ entries, backdated }) => {
        const late = entries.some(({ timestamp }) => now - timestamp > BACKDATED_AFTER);
        return peer.announce(entries, { backdated: backdated || late });
      }),
    );
    const sent: string[] = [];
    for (const [at, result] of results.entries()) {
      if (result.status === 'rejected' && isClosed(result.reason)) continue;
      if (result.status === 'rejected') this.#events.refused(result.reason);
      sent.push((queued[at] as Said).id);
    }
    if (sent.length < queued.length && this.#peer === peer) this.#events.failed(new Error('the peer was closed'));
    return sent;
  }

  async #start(turn: number): Promise<void> {
    try {
      const peer = await this.#open();
      if (turn !== this.#turn) return await peer.close();
      peer.on('entry', (entry, source) => this.#events.entry(entry, source));
      peer.on('error', (error) => {
        if (this.#peer === peer) this.#events.failed(error);
      });
      this.#peer = peer;
      this.#events.lead();
    } catch (error) {
      this.#events.failed(error);
    }
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof SpamdSyncError && error.code === 'ERR_SPAMD_CLOSED';
}
