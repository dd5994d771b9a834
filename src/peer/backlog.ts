import type { Entry } from '../entry.ts';
import { ADDRESS_TLV_SIZE, GREY_ALIGN, GREY_HEADER_SIZE, MAX_SIZE, MIN_SIZE } from '../wire/constants.ts';
import type { Packable } from './packer.ts';

/** After a pause so much of the pace may go at once, milliseconds. */
const BURST_MS = 1000;
/** What a datagram has room for between header and END. */
const ROOM = MAX_SIZE - MIN_SIZE;
/** The same beside the mark that old entries need. */
const MARKED_ROOM = ROOM - ADDRESS_TLV_SIZE;
/** The brackets that sender and recipient may be given for spamd, and the NUL behind each of the three strings. */
const GREY_EXTRAS = 4 + 3;

/**
 * Holds back what a long call says beyond a second's worth, and lets it go a datagram's worth at a time. All long calls
 * together keep to the pace, however many there are. Short ones go at once, save what is about an address that still
 * waits here: what is said of one address keeps its order.
 */
export class Backlog<T extends Packable> {
  readonly #rate: number;
  readonly #onDue: (items: readonly T[]) => void;
  readonly #pieces: T[][] = [];
  /** How many of the entries that wait are about an address. */
  readonly #waiting = new Map<string, number>();
  /** What the last piece has room for. */
  #room = 0;
  /** When the next datagram's worth may go, by the monotonic clock, milliseconds. */
  #due = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param rate Datagrams a second.
   * @param onDue Called with a datagram's worth each time that one is due.
   */
  constructor(rate: number, onDue: (items: readonly T[]) => void) {
    this.#rate = rate;
    this.#onDue = onDue;
  }

  /** @returns What of one call goes at once; the rest waits. */
  admit(items: readonly T[]): readonly T[] {
    if (this.#isLong(items)) {
      const end = this.#allowed(items);
      this.#hold(items.slice(end));
      return items.slice(0, end);
    }
    if (this.#waiting.size === 0) return items;
    this.#hold(items.filter(({ entry }) => this.#waiting.has(entry.ip)));
    return items.filter(({ entry }) => !this.#waiting.has(entry.ip));
  }

  /** Takes back what waits, which then never is due. */
  clear(): T[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
    return this.#pieces.splice(0).flat();
  }

  /** Whether it is more than a second's worth. */
  #isLong(items: readonly T[]): boolean {
    if (items.length <= this.#rate) return false;
    let datagrams = 0;
    for (let at = 0; at < items.length; at = endOfDatagram(items, at)) {
      if (++datagrams > this.#rate) return true;
    }
    return false;
  }

  /** Where that part of a long call ends that may go at once. */
  #allowed(items: readonly T[]): number {
    if (this.#waiting.size > 0) return 0;
    let end = 0;
    while (end < items.length && this.#take()) end = endOfDatagram(items, end);
    return end;
  }

  #hold(items: readonly T[]): void {
    for (const item of items) {
      const { ip } = item.entry;
      this.#waiting.set(ip, (this.#waiting.get(ip) ?? 0) + 1);
      const size = sizeOf(item.entry);
      const last = this.#pieces.at(-1);
      if (last !== undefined && size <= this.#room) {
        last.push(item);
        this.#room -= size;
      } else {
        this.#pieces.push([item]);
        this.#room = MARKED_ROOM - size;
      }
    }
    this.#wait();
  }

  /** Until it is empty a process stays alive for it: its entries are to be sent. */
  #wait(): void {
    if (this.#pieces.length === 0) return;
    this.#timer ??= setTimeout(this.#release, this.#due - performance.now());
  }

  readonly #release = (): void => {
    this.#timer = undefined;
    while (this.#pieces.length > 0 && this.#take()) {
      const piece = this.#pieces.shift() ?? [];
      for (const { entry } of piece) this.#leaves(entry.ip);
      this.#onDue(piece);
    }
    this.#wait();
  };

  #leaves(ip: string): void {
    const left = (this.#waiting.get(ip) ?? 0) - 1;
    if (left > 0) this.#waiting.set(ip, left);
    else this.#waiting.delete(ip);
  }

  /**
   * Takes a datagram's place if one is due. Nothing is made up for beyond a second's worth, however late a timer is;
   * timers are coarse: what is due within a millisecond counts.
   */
  #take(): boolean {
    const now = performance.now();
    const interval = 1000 / this.#rate;
    const due = Math.max(this.#due, now - BURST_MS + interval);
    if (due - now >= 1) return false;
    this.#due = due + interval;
    return true;
  }
}

/** Where the datagram ends that begins with the entry at `from`. */
function endOfDatagram(items: readonly Packable[], from: number): number {
  let left = items[from]?.backdated === true ? MARKED_ROOM : ROOM;
  let end = from;
  for (let item = items[end]; item !== undefined; item = items[++end]) {
    left -= sizeOf(item.entry);
    // What does not fit even alone has a place of its own here: it will be skipped.
    if (left < 0) return Math.max(end, from + 1);
  }
  return end;
}

/** What an entry takes of a datagram, in the longer of its forms. */
function sizeOf(entry: Entry): number {
  if (entry.type !== 'grey') return ADDRESS_TLV_SIZE;
  const { helo, from, to } = entry;
  const texts = Buffer.byteLength(helo) + Buffer.byteLength(from) + Buffer.byteLength(to);
  return Math.ceil((GREY_HEADER_SIZE + texts + GREY_EXTRAS) / GREY_ALIGN) * GREY_ALIGN;
}
