import { nextTurn } from '../clock.ts';

/** How many bytes of a message take about as long to encode or decode as a look at a record. */
export const BYTES_A_RECORD = 256;
/** How much work is done in a turn of the event loop, as a number of looks at a record: some milliseconds. */
const MOST = 256;

let done = 0;
/** The work that waits for a turn. All exchanges and connections share this list, because they share the event loop. */
const waiting: (() => void)[] = [];
let isGiving = false;

/**
 * To be awaited before a piece of work. The work may begin at once, as long as little was done in this turn of the
 * event loop. Otherwise it begins in a later turn, in the order of the calls. So everything else waits for some
 * milliseconds of work at most, however many peers ask for it.
 *
 * @param work How much work it is, as a number of looks at a record.
 */
export function turn(work: number): Promise<void> | undefined {
  if (!isGiving) {
    isGiving = true;
    void giveTurns();
  }
  if (done < MOST && waiting.length === 0) {
    done += work;
    return undefined;
  }
  return new Promise((resolve) => {
    waiting.push(() => {
      done += work;
      resolve();
    });
  });
}

async function giveTurns(): Promise<void> {
  do {
    await nextTurn();
    done = 0;
    while (done < MOST) {
      const next = waiting.shift();
      if (next === undefined) break;
      next();
    }
  } while (waiting.length > 0);
  isGiving = false;
}
