import { badOption, isObject } from './validate.ts';

/** A timer that was set. */
export interface Timer {
  /** Prevents the call of the task. Has no effect after that call. */
  cancel(): void;
}

/** The timers that a {@link Clock} may bring with it. Durations are seconds, fractions allowed. */
export interface ClockTimers {
  /** Seconds since some fixed moment. This time never steps, unlike {@link Clock.now}, which an operator may set. */
  monotonic(): number;
  /**
   * Calls `task` once, after `seconds`.
   *
   * @param options.unref Whether the process may end while only this timer is left. Default `false`.
   */
  setTimer(seconds: number, task: () => void, options?: { readonly unref?: boolean }): Timer;
  /** Calls `task` once, after everything else that happens in this turn of the event loop. */
  endOfTurn(task: () => void): Timer;
}

/**
 * The time, and timers. A clock that has only `now` is enough: the timers are the system's then. A simulation that
 * gives a clock with timers controls all time, see `MemoryNetwork.clock`.
 */
export interface Clock extends Partial<ClockTimers> {
  /** The time, Unix seconds. Fractions are allowed. A time that goes on the wire or into a record is rounded down. */
  now(): number;
}

/** A clock with timers. */
export interface TimedClock extends ClockTimers {
  /** The time, Unix seconds. */
  now(): number;
}

const TIMERS = ['monotonic', 'setTimer', 'endOfTurn'] as const satisfies readonly (keyof ClockTimers)[];

/** The longest delay that the system's timers accept, seconds: 2^31 - 1 ms, some 24 days. */
const MAX_DELAY = 2_147_483;

/** The system's time and timers. Only this file uses them directly. */
export const systemClock: TimedClock = {
  now: () => Date.now() / 1000,
  monotonic: () => performance.now() / 1000,
  setTimer: (seconds, task, { unref = false } = {}) => {
    let timer: NodeJS.Timeout;
    const set = (left: number): void => {
      timer = setTimeout(() => (left > MAX_DELAY ? set(left - MAX_DELAY) : task()), Math.min(left, MAX_DELAY) * 1000);
      if (unref) timer.unref();
    };
    set(seconds);
    return { cancel: () => clearTimeout(timer) };
  },
  endOfTurn: (task) => {
    const immediate = setImmediate(task);
    return { cancel: () => clearImmediate(immediate) };
  },
};

/**
 * A clock that was given as an option, with its own timers, or with the system's if it has none.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a value that is not a clock, and for a clock that has some of the
 * timer methods but not all.
 */
export function timedClock(clock: Clock = systemClock): TimedClock {
  if (!isObject(clock) || typeof clock.now !== 'function') throw badOption('clock', 'has no method now', clock);
  const given = TIMERS.filter((name) => clock[name] !== undefined);
  if (given.length === 0) return { ...systemClock, now: () => clock.now() };
  const wrong = TIMERS.find((name) => typeof clock[name] !== 'function');
  if (wrong !== undefined) throw badOption('clock', `has timers, but no method ${wrong}`, clock);
  return clock as TimedClock;
}

/** Calls `task` every `seconds`, until the timer is cancelled. Does not keep the process alive. */
export function every(clock: TimedClock, seconds: number, task: () => void): Timer {
  let timer: Timer;
  const next = (): Timer =>
    clock.setTimer(
      seconds,
      () => {
        timer = next();
        task();
      },
      { unref: true },
    );
  timer = next();
  return { cancel: () => timer.cancel() };
}

/** Resolves after `seconds`, or at once when `signal` is aborted. */
export function sleep(clock: TimedClock, seconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimer(seconds, end);
    signal?.addEventListener('abort', end, { once: true });
  });
}

/**
 * Settles as the promise does, if that happens within `seconds`.
 *
 * @param late Makes the error to reject with if it does not.
 */
export function within<T>(clock: TimedClock, promise: Promise<T>, seconds: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(seconds, () => reject(late()));
    promise.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error: unknown) => {
        timer.cancel();
        reject(error);
      },
    );
  });
}

/**
 * Waits for the next turn of the real event loop. Work that must not hold up traffic is done in slices, with a call of
 * this function between them. It passes no time on a clock that was injected.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
