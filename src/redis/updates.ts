import { sleep, type TimedClock } from '../clock.ts';
import type { SpamdSyncError } from '../errors.ts';
import type { AddressRecord } from '../rules/address.ts';
import type { TupleRecord } from '../rules/tuple.ts';
import type { Admission } from './admission.ts';
import type { Calls } from './calls.ts';
import { compareAndSet } from './compare-and-set.ts';
import { DeferredCounts } from './deferred-counts.ts';
import { Draft, type Planned, type Standing } from './draft.ts';
import type { ForeignItems } from './foreign.ts';
import type { Keys } from './keys.ts';
import type { ServerTime } from './server-time.ts';
import { shiftedCounts } from './shift.ts';
import { refusal, trouble } from './trouble.ts';
import { ADDRESSES, TUPLES, Values } from './values.ts';

/** How many steps over one address share an exchange. */
const MAX_BATCH = 256;
/**
 * About how many characters of tuple keys are in one exchange. A Redis that is full refuses a script as a whole or not
 * at all, so an exchange may take Redis past its limit by this much.
 */
const MAX_BATCH_KEYS = 65_536;
/**
 * How often an exchange is tried. If a hundred writers write one record, one of them loses that often once in 20,000
 * times.
 */
const MAX_ROUNDS = 1000;
/**
 * A process that has just written an address, and has more steps waiting for it, leaves the address to other writers
 * for about as long as the exchange took with all its rounds. The more writers there are, the longer that is. A process
 * that wrote again at once would win most of the time: it knows what stands, and the others do not know yet. Seconds,
 * at the most.
 */
const MAX_PAUSE = 0.1;

/** What updates need. */
export interface UpdatesOptions {
  readonly calls: Calls;
  readonly keys: Keys;
  readonly clock: TimedClock;
  /**
   * The time that steps go by, and by which records expire; `undefined`: the caller of each step brings it, and nothing
   * expires by itself.
   */
  readonly serverTime: ServerTime | undefined;
  /** The key of the set of spamtraps, if it can be part of an exchange. */
  readonly spamtraps: string | undefined;
  readonly foreign: ForeignItems;
  /** Decides which client may have one more tuple, or trap: clients are bounded. */
  readonly admission: { readonly tuples: Admission; readonly traps: Admission };
  /** Called when an address was put into the due index. */
  readonly onIndexed: (ip: string) => void;
  /** Called when Redis takes no writes, once until it takes writes again. */
  readonly onRefused: (error: SpamdSyncError) => void;
}

/** A step that waits for its turn. */
interface Pending extends Planned {
  /** Whether the caller has given it up. */
  readonly isLate: () => boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What is known while steps are tried. */
interface Known {
  readonly standing: Standing | undefined;
  /** Why Redis takes no writes, if it said so. */
  readonly refusal: SpamdSyncError | undefined;
}

const UNKNOWN: Known = { standing: undefined, refusal: undefined };

/** The values as this process saw them, and the difference of the clocks by which their times were shifted. */
interface Seen {
  readonly ahead: number;
  readonly addresses: Values<AddressRecord>;
  readonly tuples: Values<TupleRecord>;
}

/** Steps that were run, and whose changes are written. */
interface Done {
  readonly hasWritten: boolean;
  /** Answers the callers of the steps. */
  readonly answer: () => void;
}

/**
 * Runs steps by optimistic compare-and-set. Exchanges over one address follow one another, so that the steps of one
 * process never contend. Steps that come while one exchange is under way share the next.
 */
export class Updates {
  readonly #options: UpdatesOptions;
  #seen = seenBy(0);
  /** The steps that wait behind the exchange that is under way, by address. */
  readonly #waiting = new Map<string, Pending[]>();
  readonly #counts: DeferredCounts;
  #conflicts = 0;
  #unwritten = 0;
  #isRefusing = false;

  /** @param write Writes the counts of an address that are put off: any step that reads the address does that. */
  constructor(options: UpdatesOptions, write: (ip: string) => Promise<void>) {
    this.#options = options;
    this.#counts = new DeferredCounts(options.clock, write);
  }

  /** How often another writer was faster. */
  get conflicts(): number {
    return this.#conflicts;
  }

  /** How many steps were answered though Redis took no writes. */
  get unwritten(): number {
    return this.#unwritten;
  }

  /** How many attempts are not counted because counts of too many addresses were put off. */
  get lostCounts(): number {
    return this.#counts.lost;
  }

  /** Writes the counts that are put off. */
  flush(): Promise<void> {
    return this.#counts.flush();
  }

  /** Puts no counts off any more, and writes those that are put off. */
  close(): Promise<void> {
    return this.#counts.close();
  }

  /** @param isLate Whether the caller has given it up. */
  run<T>({ step, now, isSpamtrap, isLoad = false }: Planned<T>, isLate: () => boolean): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      const pending: Pending = { step, now, isSpamtrap, isLoad, isLate, resolve, reject };
      const waiting = this.#waiting.get(step.ip);
      if (waiting === undefined) void this.#drain(step.ip, pending);
      else waiting.push(pending);
    }) as Promise<T>;
  }

  async #drain(ip: string, first: Pending): Promise<void> {
    const { clock } = this.#options;
    const waiting: Pending[] = [];
    this.#waiting.set(ip, waiting);
    for (let batch = [first]; batch.length > 0; batch = nextOf(waiting)) {
      const began = clock.monotonic();
      try {
        const done = await this.#runAll(ip, batch);
        const took = clock.monotonic() - began;
        // Looked at before the callers are answered: what they ask for after that was not waiting.
        const isContinued = waiting.length > 0;
        done?.answer();
        if (done?.hasWritten && isContinued) await sleep(clock, Math.min(took * (0.5 + Math.random()), MAX_PAUSE));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#waiting.delete(ip);
  }

  /** @returns `undefined` if all callers have given up. */
  async #runAll(ip: string, batch: readonly Pending[]): Promise<Done | undefined> {
    let known = UNKNOWN;
    for (let round = 1; round <= MAX_ROUNDS; round++) {
      const wanted = batch.filter(({ isLate }) => !isLate());
      if (wanted.length === 0) return undefined;
      const tried = await this.#try(ip, wanted, known);
      if ('answer' in tried) return tried;
      // The next round begins at once, since what stands may change.
      known = tried;
    }
    throw trouble(`contended: other writers were faster ${MAX_ROUNDS} times`);
  }

  /** @returns What was done; or what is known now, if what was believed was wrong. */
  async #try(ip: string, batch: readonly Pending[], known: Known): Promise<Known | Done> {
    const { calls, keys, serverTime, spamtraps: set, foreign, admission, onIndexed } = this.#options;
    const assumed = serverTime?.now();
    const seen = this.#seenNow();
    const draft = this.#draft(ip, assumed, seen, known);
    const settle = batch.map((pending) => settler(draft, pending));
    if (!draft.isSettled) {
      const exchanges = draft.exchanges();
      const { dueScore: score, recipients } = draft;
      const correct = serverTime?.asked();
      const exchanged = await compareAndSet(calls, exchanges, {
        assumed,
        due: { index: keys.due(ip), member: ip, score },
        spamtraps: set === undefined ? undefined : { set, recipients },
      });
      correct?.(exchanged.time);
      if (exchanged.foreign.includes('spamtraps')) foreign.found(keys.spamtraps);
      if (exchanged.foreign.includes('due')) foreign.found(keys.due(ip));
      if (exchanged.outcome !== 'done') {
        const changed = draft.changed(exchanged);
        if (changed.isConflict) this.#conflicts++;
        for (const name of changed.foreign) foreign.found(name);
        const refused = exchanged.outcome === 'refused' ? this.#refused(exchanged.refused) : known.refusal;
        // If the clocks turned out to differ by more or less than believed, what stands was shifted wrongly.
        return { standing: seen === this.#seenNow() ? changed.standing : undefined, refusal: refused };
      }
      draft.written();
      if (draft.isChanged) this.#isRefusing = false;
      if (typeof score === 'number') onIndexed(ip);
      if (draft.writesCounts) this.#counts.written(ip);
    }
    const { tuples, traps } = draft.keptOut;
    admission.tuples.refused(tuples);
    admission.traps.refused(traps);
    this.#unwritten += draft.unwritten;
    if (draft.deferred !== undefined) this.#counts.put(ip, shiftedCounts(draft.deferred, seen.ahead));
    const answer = (): void => {
      for (const each of settle) each();
    };
    return { hasWritten: draft.isChanged, answer };
  }

  #draft(ip: string, serverNow: number | undefined, { ahead, addresses, tuples }: Seen, known: Known): Draft {
    const owed = this.#counts.owed(ip);
    // The members are written out: to spread an object here costs more than the rest of this method.
    return new Draft({
      standing: known.standing,
      refusal: known.refusal,
      ip,
      keys: this.#options.keys,
      addresses,
      tuples,
      ahead,
      admission: this.#options.admission,
      storeNow: serverNow === undefined ? undefined : serverNow - ahead,
      owed: owed && shiftedCounts(owed, -ahead),
      // With the caller's time nothing is put off: a second of that time may pass in no real time.
      isBusy: serverNow !== undefined && this.#counts.isBusy(ip),
    });
  }

  #seenNow(): Seen {
    const { ahead = 0 } = this.#options.serverTime ?? {};
    if (this.#seen.ahead !== ahead) this.#seen = seenBy(ahead);
    return this.#seen;
  }

  #refused(message: string): SpamdSyncError {
    const error = refusal(message);
    if (!this.#isRefusing) this.#options.onRefused(error);
    this.#isRefusing = true;
    return error;
  }
}

function seenBy(ahead: number): Seen {
  return { ahead, addresses: new Values(ADDRESSES, ahead), tuples: new Values(TUPLES, ahead) };
}

/** Takes the next steps that share an exchange. */
function nextOf(waiting: Pending[]): Pending[] {
  let characters = 0;
  const tooMany = waiting.findIndex(({ step }, at) => {
    characters += step.key?.length ?? 0;
    return at === MAX_BATCH || (at > 0 && characters > MAX_BATCH_KEYS);
  });
  return waiting.splice(0, tooMany < 0 ? waiting.length : tooMany);
}

/** Runs a step. @returns A function that answers the step's caller, to be called once the answer is true. */
function settler(draft: Draft, pending: Pending): () => void {
  try {
    const value = draft.run(pending);
    return () => pending.resolve(value);
  } catch (error) {
    return () => pending.reject(error);
  }
}
