import { nextTurn } from '../clock.ts';

/** So many bytes of a message take as long to encode or decode as a look at a record, about. */
export const BYTES_A_RECORD = 256;
/** How much is done in a turn of the event loop, in records that are looked at: some milliseconds. */
const MOST = 256;

let done = 0;
/** Who waits for a turn: the event loop is one, however many exchanges and connections there are. */
const waiting: (() => void)[] = [];
let isGiving = false;

/**
 * To be awaited before some work, of which there may be much. Resolves at once, or when so much has been done in this turn of the
 * event loop, in a later one, one after the other: between two looks at everything else there is then some milliseconds' work, however
 * many peers ask for it.
 *
 * @param work How much, in records that are looked at.
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
