import type { Entry } from 'spamd-sync';
import type { RemotePeer } from '../e2e/remote.ts';
import { soon } from './soon.ts';

/** What went over the wire, as a listener in the group received it. */
export class Wire {
  readonly #listener: RemotePeer;
  /** Places in the listener's list that were asked for. */
  readonly #taken = new Set<number>();

  constructor(listener: RemotePeer) {
    this.#listener = listener;
  }

  /** The next entry of this type about a client from a source, in words; `undefined` where none comes. */
  async next(source: string, type: Entry['type'], ip: string): Promise<string | undefined> {
    const { entries, sources } = this.#listener;
    const at = await soon(() => {
      const found = entries.findIndex((entry, index) => {
        const isIt = entry.type === type && entry.ip === ip && sources[index]?.address === source;
        return isIt && !this.#taken.has(index);
      });
      return found < 0 ? undefined : found;
    });
    if (at === undefined) return undefined;
    this.#taken.add(at);
    return words(entries[at]);
  }

  /** What nobody asked for. */
  get rest(): readonly string[] {
    const { entries, sources, drops } = this.#listener;
    const more = entries.flatMap((entry, index) =>
      this.#taken.has(index) ? [] : [`${sources[index]?.address}: ${words(entry)}`],
    );
    return [...more, ...drops.map(({ reason, source }) => `${source.address}: dropped, ${reason}`)];
  }
}

function words(entry: Entry | undefined): string {
  if (entry?.type === 'grey') return `GREY ${entry.ip} ${entry.helo} ${entry.from} -> ${entry.to}`;
  return `${entry?.type.toUpperCase()} ${entry?.ip}`;
}
