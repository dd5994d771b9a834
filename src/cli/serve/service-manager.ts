import { execFile } from 'node:child_process';
import { every, type TimedClock, type Timer } from '../../clock.ts';

/** How long the program may take, milliseconds. */
const PATIENCE_MS = 5000;

/**
 * What systemd is told of a daemon that it started with `Type=notify`; nothing where it did not. Node has no Unix datagram
 * sockets, so systemd-notify(1) says it, which needs `NotifyAccess=all`.
 */
export class ServiceManager {
  readonly #isThere: boolean;
  readonly #warn: (line: string) => void;
  readonly #watchdog: Timer | undefined;
  #last: Promise<void> = Promise.resolve();
  #hasWarned = false;

  /** @param env Where systemd says how it is told, and how often it wants to be: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID. */
  constructor(env: NodeJS.ProcessEnv, clock: TimedClock, warn: (line: string) => void) {
    const { NOTIFY_SOCKET: socket = '', WATCHDOG_USEC: usec, WATCHDOG_PID: pid = `${process.pid}` } = env;
    this.#isThere = socket !== '';
    this.#warn = warn;
    const seconds = pid === `${process.pid}` ? Number(usec) / 1e6 : Number.NaN;
    if (this.#isThere && seconds > 0) {
      this.#watchdog = every(clock, seconds / 2, () => void this.#tell('WATCHDOG=1'));
    }
  }

  /** It serves, for the first time or after {@link reloading}. */
  ready(status: string): Promise<void> {
    return this.#tell('READY=1', `STATUS=${status}`);
  }

  /** It reads its files again. */
  reloading(): Promise<void> {
    return this.#tell('RELOADING=1', 'STATUS=reading its files again');
  }

  /** It ends. */
  stopping(): Promise<void> {
    this.#watchdog?.cancel();
    return this.#tell('STOPPING=1', 'STATUS=stopping');
  }

  /** In order: the messages say what holds from then on. */
  #tell(...assignments: readonly string[]): Promise<void> {
    if (!this.#isThere) return Promise.resolve();
    this.#last = this.#last.then(() => this.#run(assignments));
    return this.#last;
  }

  #run(assignments: readonly string[]): Promise<void> {
    return new Promise((resolve) => {
      execFile('systemd-notify', assignments, { timeout: PATIENCE_MS }, (error) => {
        if (error !== null && !this.#hasWarned) {
          this.#hasWarned = true;
          this.#warn(`warning: systemd is not told how the daemon does: ${error.message.replaceAll('\n', ' ').trim()}`);
        }
        resolve();
      });
    });
  }
}
