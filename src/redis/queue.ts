import type { AnnounceOptions, Entry } from '../entry.ts';
import type { Calls } from './calls.ts';
import { asList, asNumber, asText } from './replies.ts';

/** One call of `announce`, as it waits in the queue. */
export interface Announcement {
  readonly id: string;
  readonly entries: readonly Entry[];
  readonly backdated: boolean;
}

/** The keys of a queue, of one slot. */
export interface QueueKeys {
  /** The stream. */
  readonly queue: string;
  /** How many calls found no room. */
  readonly trimmed: string;
}

/** What the processes of one scope have to announce, in a stream, until it is said to be sent. */
export class Queue {
  readonly #calls: Calls;
  readonly #keys: QueueKeys;
  readonly #maxQueued: number;

  /** @param maxQueued How many calls may wait; beyond that the oldest make room, and are counted. */
  constructor(calls: Calls, keys: QueueKeys, maxQueued: number) {
    this.#calls = calls;
    this.#keys = keys;
    this.#maxQueued = maxQueued;
  }

  /** Queues one call of `announce`. Several at once go to Redis together, and keep their order. */
  async add(entries: readonly Entry[], { backdated = false }: AnnounceOptions): Promise<void> {
    const { queue } = this.#keys;
    await this.#calls.send(queue, ['XADD', queue, '*', 'announced', JSON.stringify([backdated, entries])]);
  }

  /** Makes room where too many wait. */
  async trim(): Promise<void> {
    const { queue, trimmed } = this.#keys;
    if (asNumber(await this.#calls.send(queue, ['XLEN', queue])) <= this.#maxQueued) return;
    const count = asNumber(await this.#calls.send(queue, ['XTRIM', queue, 'MAXLEN', `${this.#maxQueued}`]));
    await this.#calls.send(trimmed, ['INCRBY', trimmed, `${count}`]);
  }

  /**
   * Reads what waits, the oldest first. It stays there until it is removed.
   *
   * @param after The id behind which to read; all of it if there is none.
   */
  async read(count: number, after: string | undefined): Promise<readonly Announcement[]> {
    const { queue } = this.#keys;
    const from = after === undefined ? '-' : idAfter(after);
    return asList(await this.#calls.send(queue, ['XRANGE', queue, from, '+', 'COUNT', `${count}`])).map(parse);
  }

  /** Removes what was sent. */
  async remove(ids: readonly string[]): Promise<void> {
    const { queue } = this.#keys;
    if (ids.length > 0) await this.#calls.send(queue, ['XDEL', queue, ...ids]);
  }

  /** How many calls wait, and how many found no room. */
  async counts(): Promise<{ readonly waiting: number; readonly trimmed: number }> {
    const { queue, trimmed } = this.#keys;
    const [waiting, count] = await Promise.all([
      this.#calls.send(queue, ['XLEN', queue]),
      this.#calls.send(trimmed, ['GET', trimmed]),
    ]);
    return { waiting: asNumber(waiting), trimmed: asNumber(count ?? '0') };
  }
}

/** Redis 6.0 has no ranges that leave out where they begin. */
function idAfter(id: string): string {
  const [time = '', number = ''] = id.split('-');
  return `${time}-${BigInt(number) + 1n}`;
}

function parse(item: unknown): Announcement {
  const [id, fields] = asList(item);
  const [backdated, entries] = JSON.parse(asText(asList(fields)[1])) as [boolean, Entry[]];
  return { id: asText(id), backdated, entries };
}
