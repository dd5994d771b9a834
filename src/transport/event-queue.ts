/** Something that is to happen at a time. */
export interface TimedEvent {
  /** When, in the unit of the queue's owner. */
  readonly due: number;
  readonly run: () => void;
  /** Whether it happened or was cancelled. The queue sets this. */
  over: boolean;
}

interface Queued {
  readonly event: TimedEvent;
  readonly order: number;
}

/** As long as there are fewer cancelled events than this, clearing them out does not pay. */
const MIN_CLEARED = 64;

/** Events in order of time. Events of one moment are in the order in which they were added. A binary heap. */
export class EventQueue {
  #heap: Queued[] = [];
  #order = 0;
  #cancelled = 0;

  add(event: TimedEvent): void {
    this.#heap.push({ event, order: this.#order++ });
    this.#raise(this.#heap.length - 1);
  }

  /** Cancels an event that has not happened yet. Has no effect the second time. */
  cancel(event: TimedEvent): void {
    if (event.over) return;
    event.over = true;
    this.#cancelled++;
    // Most timers are timeouts that are cancelled. Left in place, they would outnumber the events that are still to
    // happen.
    if (this.#cancelled > MIN_CLEARED && this.#cancelled * 2 > this.#heap.length) this.#clearCancelled();
  }

  /** Removes the next event and returns it, if it is due at `until` or before. */
  shift(until: number): TimedEvent | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (!first.event.over && first.event.due > until) return undefined;
      this.#removeFirst();
      if (first.event.over) this.#cancelled--;
      else {
        first.event.over = true;
        return first.event;
      }
    }
    return undefined;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#lower(0);
  }

  #clearCancelled(): void {
    this.#heap = this.#heap.filter(({ event }) => !event.over);
    this.#cancelled = 0;
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at--) this.#lower(at);
  }

  #raise(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #lower(from: number): void {
    let at = from;
    for (;;) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#heap.length && this.#isBefore(child, first)) first = child;
      }
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [left, right] = [this.#heap[a] as Queued, this.#heap[b] as Queued];
    return left.event.due === right.event.due ? left.order < right.order : left.event.due < right.event.due;
  }

  #swap(a: number, b: number): void {
    const left = this.#heap[a] as Queued;
    this.#heap[a] = this.#heap[b] as Queued;
    this.#heap[b] = left;
  }
}
