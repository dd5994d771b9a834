import { LRUCache } from 'lru-cache';

/** How long an interval is, seconds, and how many intervals are kept: ten minutes together. */
const INTERVAL = 10;
const INTERVALS = 60;
/** How many hosts are counted. A group has tens of hosts. The one that was silent for longest makes room. */
const MAX_HOSTS = 256;

class Counted {
  readonly counts = new Uint32Array(INTERVALS);
  /** The interval of the last count. */
  last = 0;

  /** Forgets the counts of intervals that are too old to be kept. */
  advance(interval: number): void {
    const passed = Math.min(Math.max(0, interval - this.last), INTERVALS);
    for (let at = 1; at <= passed; at++) this.counts[(this.last + at) % INTERVALS] = 0;
    this.last = Math.max(this.last, interval);
    if (passed === INTERVALS) this.counts.fill(0);
  }
}

/** How many entries came from each host in the last ten minutes, by intervals of ten seconds. */
export class RecentEntries {
  readonly #hosts = new LRUCache<string, Counted>({ max: MAX_HOSTS });

  count(host: string, now: number): void {
    let counted = this.#hosts.get(host);
    if (counted === undefined) {
      counted = new Counted();
      this.#hosts.set(host, counted);
    }
    const interval = Math.floor(now / INTERVAL);
    counted.advance(interval);
    const at = interval % INTERVALS;
    counted.counts[at] = (counted.counts[at] ?? 0) + 1;
  }

  /** The oldest first. */
  of(host: string, now: number): readonly number[] {
    const counted = this.#hosts.peek(host);
    if (counted === undefined) return [];
    const interval = Math.floor(now / INTERVAL);
    counted.advance(interval);
    return Array.from({ length: INTERVALS }, (_, at) => counted.counts[(interval + 1 + at) % INTERVALS] ?? 0);
  }
}
