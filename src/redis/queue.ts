import type { AnnounceOptions, Entry } from '../entry.ts';
import type { Calls } from './calls.ts';
import { LEAD, QUEUE, RELEASE } from './lua/group.ts';
import { asList, asNumber, asText } from './records.ts';
import { scriptOf } from './script.ts';

const lead = scriptOf(LEAD);
const queue = scriptOf(QUEUE);
const release = scriptOf(RELEASE);

/** One call of `announce`, as it waits in the queue. */
export interface Said {
  readonly id: string;
  readonly entries: readonly Entry[];
  readonly backdated: boolean;
}

/** What the holder of the lease was told. */
export interface Held {
  /** The server's time, Unix seconds. */
  readonly now: number;
  readonly queued: readonly Said[];
}

/** The lease and the queue that the processes of one scope share: two keys of one slot. */
export class Queue {
  readonly #calls: Calls;
  readonly #lease: string;
  readonly #queue: string;
  readonly #trimmed: string;
  readonly #token: string;

  constructor(calls: Calls, prefix: string, scope: string, token: string) {
    this.#calls = calls;
    this.#token = token;
    this.#lease = `${prefix}lease:{${scope}}`;
    this.#queue = `${prefix}queue:{${scope}}`;
    this.#trimmed = `${prefix}trimmed:{${scope}}`;
  }

  async add(calls: readonly { entries: readonly Entry[]; options: AnnounceOptions }[], most: number): Promise<void> {
    const said = calls.map(({ entries, options }) => JSON.stringify([options.backdated === true, entries]));
    await this.#calls.run(queue, [this.#queue, this.#trimmed], [`${most}`, ...said]);
  }

  /**
   * Takes or renews the lease.
   *
   * @param o.count How much of the queue to read; it stays there until it is said to be sent.
   * @param o.after The id behind which to read; all of it if there is none.
   * @param o.sent The ids of what was sent since.
   * @returns `undefined` while another process holds it.
   */
  async lead(
    leaseMs: number,
    { count, after, sent }: { count: number; after: string | undefined; sent: readonly string[] },
  ): Promise<Held | undefined> {
    const args = [this.#token, `${leaseMs}`, `${count}`, after === undefined ? '-' : idAfter(after), ...sent];
    const [held, now, queued] = asList(await this.#calls.run(lead, [this.#lease, this.#queue], args));
    if (asNumber(held) === 0) return undefined;
    return { now: asNumber(now), queued: asList(queued).map(parseSaid) };
  }

  async release(sent: readonly string[]): Promise<void> {
    await this.#calls.run(release, [this.#lease, this.#queue], [this.#token, ...sent]);
  }

  async counts(): Promise<{ waiting: number; trimmed: number }> {
    const [waiting, trimmed] = await Promise.all([
      this.#calls.send(this.#queue, ['XLEN', this.#queue]),
      this.#calls.send(this.#trimmed, ['GET', this.#trimmed]),
    ]);
    return { waiting: asNumber(waiting), trimmed: asNumber(trimmed ?? '0') };
  }
}

/** Redis 6.0 has no ranges that leave out where they begin. */
function idAfter(id: string): string {
  const [time = '', number = ''] = id.split('-');
  return `${time}-${BigInt(number) + 1n}`;
}

function parseSaid(item: unknown): Said {
  const [id, fields] = asList(item);
  const [backdated, entries] = JSON.parse(asText(asList(fields)[1])) as [boolean, Entry[]];
  return { id: asText(id), backdated, entries };
}
