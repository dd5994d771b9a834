import type { TimedClock, Timer } from '../clock.ts';
import type { Entry } from '../entry.ts';
import { ADDRESS_TLV_SIZE, GREY_ALIGN, GREY_HEADER_SIZE, MAX_SIZE, MIN_SIZE } from '../wire/constants.ts';
import type { BulkRate } from './bulk-rate.ts';
import { MAX_LATE, type Pacer } from './pacer.ts';
import type { Packable } from './packer.ts';

/** How many bytes a datagram has room for between header and END. */
const ROOM = MAX_SIZE - MIN_SIZE;
/** The same, less the freshness marker that old entries need. */
const ROOM_BESIDE_MARKER = ROOM - ADDRESS_TLV_SIZE;
/**
 * The brackets that may be added to sender and recipient for spamd, and the NUL after each of the three strings, bytes.
 */
const GREY_EXTRAS = 4 + 3;

export interface BacklogOptions<T> {
  readonly clock: TimedClock;
  /** Shared with seeds at the default rate. */
  readonly pacer: Pacer;
  readonly bulkRate: BulkRate;
  /** Called with the entries of one datagram each time that one is due. */
  readonly onDue: (items: readonly T[]) => void;
}

/**
 * The rate limit of bulk sends. A bulk send is a call that makes more than one datagram, and more than a second's
 * worth. A second's worth goes at once. The rest waits here, in pieces of one datagram each. All bulk sends share the
 * rate. Other calls go at once, except for their entries about an address that still waits here: the entries of one
 * address keep their order.
 */
export class Backlog<T extends Packable> {
  readonly #options: BacklogOptions<T>;
  readonly #pieces: T[][] = [];
  /** How many of the waiting entries are about an address, by address. */
  readonly #waiting = new Map<string, number>();
  /** How many bytes the last piece has room for. */
  #room = 0;
  /** When the first piece is due, by the monotonic clock, seconds. */
  #due = 0;
  #timer: Timer | undefined;

  constructor(options: BacklogOptions<T>) {
    this.#options = options;
  }

  /** @returns The entries of one call that go at once; the others are kept. */
  admit(items: readonly T[]): readonly T[] {
    if (this.#isBulk(items)) {
      const end = this.#reserveAtOnce(items);
      this.#hold(items.slice(end));
      return items.slice(0, end);
    }
    if (this.#waiting.size === 0) return items;
    this.#hold(items.filter(({ entry }) => this.#waiting.has(entry.ip)));
    return items.filter(({ entry }) => !this.#waiting.has(entry.ip));
  }

  /** Removes the waiting entries and returns them. They are never due then. */
  clear(): T[] {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#waiting.clear();
    return this.#pieces.splice(0).flat();
  }

  #isBulk(items: readonly T[]): boolean {
    if (items.length <= 1) return false;
    const { burst } = this.#options.bulkRate;
    let datagrams = 0;
    for (let at = 0; at < items.length; at = endOfDatagram(items, at)) {
      if (++datagrams > burst) return true;
    }
    return false;
  }

  /**
   * Reserves places for the datagrams of a bulk send until one is in the future. Returns where the entries end that may
   * go now.
   */
  #reserveAtOnce(items: readonly T[]): number {
    if (this.#waiting.size > 0) return 0;
    let end = 0;
    while (end < items.length && this.#reserve()) end = endOfDatagram(items, end);
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
        this.#room = ROOM_BESIDE_MARKER - size;
      }
    }
    this.#setTimer();
  }

  /** The timer keeps the process alive until the backlog is empty: its entries must be sent. */
  #setTimer(): void {
    if (this.#pieces.length === 0) return;
    const { clock } = this.#options;
    this.#timer ??= clock.setTimer(this.#due - clock.monotonic(), this.#release);
  }

  readonly #release = (): void => {
    this.#timer = undefined;
    const isMissed = this.#options.clock.monotonic() - this.#due > MAX_LATE;
    for (let isNow = !isMissed || this.#reserve(); isNow; isNow = this.#pieces.length > 0 && this.#reserve()) {
      const piece = this.#pieces.shift() ?? [];
      for (const { entry } of piece) this.#forget(entry.ip);
      this.#options.onDue(piece);
    }
    this.#setTimer();
  };

  #forget(ip: string): void {
    const left = (this.#waiting.get(ip) ?? 0) - 1;
    if (left > 0) this.#waiting.set(ip, left);
    else this.#waiting.delete(ip);
  }

  /** Takes the next place and returns whether its datagram may go now. If not, the place is that of the first piece. */
  #reserve(): boolean {
    const { clock, pacer, bulkRate } = this.#options;
    const now = clock.monotonic();
    const wait = pacer.reserve(now, bulkRate.burst);
    this.#due = now + wait;
    return wait === 0;
  }
}

/** Where the datagram ends that begins with the entry at `from`: the index after its last entry. */
function endOfDatagram(items: readonly Packable[], from: number): number {
  let left = items[from]?.backdated === true ? ROOM_BESIDE_MARKER : ROOM;
  let end = from;
  for (let item = items[end]; item !== undefined; item = items[++end]) {
    left -= sizeOf(item.entry);
    // An entry that does not fit even alone has a place of its own here; it is skipped later.
    if (left < 0) return Math.max(end, from + 1);
  }
  return end;
}

/** How many bytes of a datagram an entry takes, in the longer of its forms. */
function sizeOf(entry: Entry): number {
  if (entry.type !== 'grey') return ADDRESS_TLV_SIZE;
  const { helo, from, to } = entry;
  const texts = Buffer.byteLength(helo) + Buffer.byteLength(from) + Buffer.byteLength(to);
  return Math.ceil((GREY_HEADER_SIZE + texts + GREY_EXTRAS) / GREY_ALIGN) * GREY_ALIGN;
}
