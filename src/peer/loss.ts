/**
 * If the counter jumps ahead by more than this, another process uses the same address and port, and nothing is lost.
 */
export const MAX_GAP = 65_536;
/**
 * A datagram that comes in at most this far behind was overtaken. If it is further behind, the sender was restarted.
 */
const MAX_LATE = 64;
/**
 * How many ports of an address are kept, the latest ones. Programs that send and exit (greydb, FreeBSD's spamdb) use a
 * new port each time.
 */
const MAX_PORTS = 16;

interface Flow {
  next: number;
  lost: number;
}

/**
 * Estimates how many datagrams of one address did not arrive, from the counters in those that did. It is an upper bound
 * if the sender also sends to others alone, as a seed to one host does: its counter goes on meanwhile. A counter
 * belongs to a process and restarts with it. Several processes may send from one address, so each port is followed by
 * itself.
 */
export class LossEstimate {
  readonly #flows = new Map<number, Flow>();
  #lastPort = -1;
  #lost = 0;

  /** How many datagrams of this address are missing. */
  get lost(): number {
    return this.#lost;
  }

  /** Takes note of a datagram from this port. It must not be a copy of an earlier one. */
  received(port: number, counter: number): void {
    const flow = this.#flows.get(port);
    if (flow === undefined) this.#begin(port, counter);
    else {
      if (port !== this.#lastPort) {
        // Put last, so that the port that has been silent longest is forgotten first.
        this.#flows.delete(port);
        this.#flows.set(port, flow);
      }
      this.#follow(flow, counter);
    }
    this.#lastPort = port;
  }

  #begin(port: number, counter: number): void {
    if (this.#flows.size >= MAX_PORTS) {
      const [oldest] = this.#flows.keys();
      this.#flows.delete(oldest as number);
    }
    this.#flows.set(port, { next: (counter + 1) >>> 0, lost: 0 });
  }

  #follow(flow: Flow, counter: number): void {
    const gap = (counter - flow.next) >>> 0;
    const late = (flow.next - counter) >>> 0;
    if (gap <= MAX_GAP) {
      flow.lost += gap;
      this.#lost += gap;
    } else if (counter !== 0 && late <= MAX_LATE && flow.lost > 0) {
      flow.lost--;
      this.#lost--;
      return;
    }
    flow.next = (counter + 1) >>> 0;
  }
}
