import type { Entry } from '../entry.ts';

/**
 * Splits entries into runs, in the order in which they are to be sent. The entries of one run may share datagrams.
 * Additions come first, then each kind of removal by itself: greyd takes every WHITE and TRAPPED behind a removal in
 * the same datagram for a removal too. The entries of one address keep their order: an addition that follows a removal
 * of the same address waits for the next round.
 */
export function inRounds<T extends { readonly entry: Entry }>(items: readonly T[]): T[][] {
  const runs: T[][] = [];
  let round = new Round<T>();
  for (const item of items) {
    if (!round.takes(item.entry)) {
      runs.push(...round.runs());
      round = new Round<T>();
    }
    round.add(item);
  }
  runs.push(...round.runs());
  return runs;
}

class Round<T extends { readonly entry: Entry }> {
  readonly #additions: T[] = [];
  readonly #whiteRemovals: T[] = [];
  readonly #trappedRemovals: T[] = [];
  readonly #removed = new Set<string>();

  takes({ type, ip }: Entry): boolean {
    return isRemoval(type) || !this.#removed.has(ip);
  }

  add(item: T): void {
    const { type, ip } = item.entry;
    if (isRemoval(type)) this.#removed.add(ip);
    const list =
      type === 'remove-white'
        ? this.#whiteRemovals
        : type === 'remove-trapped'
          ? this.#trappedRemovals
          : this.#additions;
    list.push(item);
  }

  runs(): T[][] {
    return [this.#additions, this.#whiteRemovals, this.#trappedRemovals].filter((run) => run.length > 0);
  }
}

function isRemoval(type: Entry['type']): boolean {
  return type === 'remove-white' || type === 'remove-trapped';
}
