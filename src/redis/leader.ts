import { type Entry, leftOut, type Source } from '../entry.ts';
import { SpamdSyncError } from '../errors.ts';
import type { GroupPeer } from './options.ts';
import type { Announcement } from './queue.ts';

/** An announcement that has waited longer than this would be taken for a replay, seconds. */
const BACKDATED_AFTER = 60;

/** What a leader reports. */
export interface LeaderEvents {
  readonly entry: (entry: Entry, source: Source) => void;
  readonly lead: () => void;
  readonly yield: () => void;
  /** The peer could not be opened, or cannot be used any more. */
  readonly failed: (error: unknown) => void;
  /** The announcement with this id was sent, or can never be sent. */
  readonly sent: (id: string) => void;
  /** The peer refused what it was to announce, or left out some entries. */
  readonly refused: (error: unknown) => void;
}

/** The peer of the process that holds the lease. It is open while the process holds the lease, and closed otherwise. */
export class Leader {
  readonly #open: () => Promise<GroupPeer>;
  readonly #events: LeaderEvents;
  #opening: Promise<void> | undefined;
  #peer: GroupPeer | undefined;
  /** How many white addresses were noted last. */
  #whites: number | undefined;
  /** Changes with each start and stop, so that a peer that took too long to open is recognised. */
  #generation = 0;
  readonly #announcing = new Set<Promise<void>>();
  #entries = 0;

  constructor(open: () => Promise<GroupPeer>, events: LeaderEvents) {
    this.#open = open;
    this.#events = events;
  }

  /** Whether its peer is open. */
  get leads(): boolean {
    return this.#peer !== undefined;
  }

  /** Opens the peer, unless it is open or being opened. */
  start(): void {
    if (this.#peer !== undefined) return;
    this.#opening ??= this.#start(++this.#generation).finally(() => {
      this.#opening = undefined;
    });
  }

  /** Resolves when no peer is being opened any more. */
  async settled(): Promise<void> {
    await this.#opening;
  }

  /** Closes the peer. Resolves when the port is free. */
  async stop(): Promise<void> {
    this.#generation++;
    const peer = this.#peer;
    this.#peer = undefined;
    if (peer !== undefined) {
      this.#events.yield();
      await peer.close().catch(this.#events.failed);
    }
    await this.#opening;
  }

  /** Has the peer, and each that is opened from now on, take note of how many white addresses this host holds. */
  noteWhites(count: number): void {
    this.#whites = count;
    this.#peer?.noteWhites?.(count);
  }

  /** How many calls are with the peer, and how many entries are in them. A bulk send takes some time. */
  get underWay(): { readonly calls: number; readonly entries: number } {
    return { calls: this.#announcing.size, entries: this.#entries };
  }

  /** @param now Unix seconds. */
  announce(announcements: readonly Announcement[], now: number): void {
    const peer = this.#peer;
    if (peer === undefined) return;
    for (const announcement of announcements) {
      const { length } = announcement.entries;
      this.#entries += length;
      const announcing = this.#announce(peer, announcement, now).finally(() => {
        this.#entries -= length;
        this.#announcing.delete(announcing);
      });
      this.#announcing.add(announcing);
    }
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    await Promise.all(this.#announcing);
  }

  /** If the peer is closed before it has sent an announcement, that stays in the queue for the next leader. */
  async #announce(peer: GroupPeer, { id, entries, backdated }: Announcement, now: number): Promise<void> {
    const late = entries.some(({ timestamp }) => now - timestamp > BACKDATED_AFTER);
    try {
      const report = await peer.announce(entries, { backdated: backdated || late });
      if (leftOut(report, 'closed') > 0) return this.#cutOff(peer);
      const lost = leftOut(report, 'overload');
      if (lost > 0) this.#events.refused(new Error(`${lost} entries were one too many for it`));
    } catch (error) {
      if (error instanceof SpamdSyncError && error.code === 'ERR_SPAMD_CLOSED') return this.#cutOff(peer);
      this.#events.refused(error);
    }
    this.#events.sent(id);
  }

  #cutOff(peer: GroupPeer): void {
    if (this.#peer === peer) this.#events.failed(new Error('the peer was closed'));
  }

  async #start(generation: number): Promise<void> {
    try {
      const peer = await this.#open();
      if (generation !== this.#generation) return await peer.close();
      peer.on('entry', (entry, source) => this.#events.entry(entry, source));
      peer.on('error', (error) => {
        if (this.#peer === peer) this.#events.failed(error);
      });
      if (this.#whites !== undefined) peer.noteWhites?.(this.#whites);
      this.#peer = peer;
      this.#events.lead();
    } catch (error) {
      this.#events.failed(error);
    }
  }
}
