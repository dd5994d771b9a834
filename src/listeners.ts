import type { EventEmitter } from 'node:events';
import type { TimedClock } from './clock.ts';
import { shown } from './errors.ts';

/** A listener threw, or the promise that it returned rejected. It is the `warning` that says so. */
interface ListenerWarning {
  readonly code: 'WARN_SPAMD_LISTENER';
  /** Of which event, and what was thrown, in words. */
  readonly message: string;
  /** What was thrown. */
  readonly error: unknown;
}

/** Events by name with the arguments of their listeners; one of them is `warning`. */
type WithWarning<T> = { [K in keyof T]: unknown[] } & { readonly warning: [warning: unknown] };

/** How often a warning is given of the listeners of one event, at most, seconds: a busy one may throw at every datagram. */
const WARNING_INTERVAL = 60;

/**
 * Calls the listeners of an emitter such that none can stop what it listens to, nor keep the event from the others: what one
 * throws is counted and emitted as a `warning`. `EventEmitter.emit` would stop at the first and throw in its turn.
 */
export class Listeners<T extends WithWarning<T>> {
  // biome-ignore lint/suspicious/noExplicitAny: an emitter of T alone is no emitter to the type of EventEmitter
  readonly #events: EventEmitter<any>;
  readonly #clock: TimedClock;
  /** When a warning was last given, by event; the clock's monotonic seconds. */
  readonly #warned = new Map<keyof T, number>();
  #failed = 0;

  // biome-ignore lint/suspicious/noExplicitAny: as above
  constructor(events: EventEmitter<any>, clock: TimedClock) {
    this.#events = events;
    this.#clock = clock;
  }

  /** How many calls of listeners threw or rejected. */
  get failed(): number {
    return this.#failed;
  }

  /** Emits an event to all of its listeners, in their order. Never throws. */
  call<K extends keyof T & string>(name: K, ...args: T[K]): void {
    const events = this.#events;
    // Most events of most peers have no listener, and the list of them is a copy.
    if (events.listenerCount(name) === 0) return;
    for (const listener of events.rawListeners(name)) {
      try {
        const returned: unknown = Reflect.apply(listener, events, args);
        if (returned instanceof Promise) returned.catch((error: unknown) => this.#caught(name, error));
      } catch (error) {
        this.#caught(name, error);
      }
    }
  }

  #caught(name: keyof T & string, error: unknown): void {
    this.#failed++;
    const now = this.#clock.monotonic();
    if (now - (this.#warned.get(name) ?? Number.NEGATIVE_INFINITY) < WARNING_INTERVAL) return;
    this.#warned.set(name, now);
    const what = error instanceof Error ? error.message : shown(error);
    const message = `a listener of ${name} threw: ${what}`;
    const code = 'WARN_SPAMD_LISTENER';
    // Only the process is left to be warned: a listener that fails at warnings would fail at this one too.
    if (name === 'warning' || this.#events.listenerCount('warning') === 0) {
      process.emitWarning(message, { code, detail: error instanceof Error ? (error.stack ?? '') : '' });
    } else {
      const warning: ListenerWarning = { code, message, error };
      this.call('warning', ...([warning] as T['warning']));
    }
  }
}
