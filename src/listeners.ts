import type { EventEmitter } from 'node:events';
import type { TimedClock } from './clock.ts';
import { shown } from './errors.ts';

/** The `warning` that a listener threw, or that the promise which it returned rejected. */
interface ListenerWarning {
  readonly code: 'WARN_SPAMD_LISTENER';
  /** Which event the listener was for, and what it threw, in words. */
  readonly message: string;
  /** What was thrown. */
  readonly error: unknown;
}

/** Events by name with the arguments of their listeners; one of them is `warning`. */
type WithWarning<T> = { [K in keyof T]: unknown[] } & { readonly warning: [warning: unknown] };

/**
 * The shortest time between two warnings about the listeners of one event, seconds: a listener may throw at every
 * datagram.
 */
const WARNING_INTERVAL = 60;

/**
 * Calls the listeners of an emitter. A listener that throws stops neither the emitter's work nor the other listeners:
 * the error is counted and emitted as a `warning`. `EventEmitter.emit` would stop at the first listener that throws,
 * and throw too.
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
    // Most events have no listener, and `rawListeners` makes a copy of the list each time.
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
    // The warning goes to the process if there is no `warning` listener, or if such a listener itself threw: it would
    // throw at this warning too.
    if (name === 'warning' || this.#events.listenerCount('warning') === 0) {
      process.emitWarning(message, { code, detail: error instanceof Error ? (error.stack ?? '') : '' });
    } else {
      const warning: ListenerWarning = { code, message, error };
      this.call('warning', ...([warning] as T['warning']));
    }
  }
}
