import { execFile } from 'node:child_process';
import { every, type TimedClock, type Timer } from '../../clock.ts';

/** How long systemd-notify may take, milliseconds. */
const PATIENCE_MS = 5000;

/**
 * Notifies systemd of the state of a daemon that systemd started with `Type=notify`. Otherwise it does nothing. Node
 * has no Unix datagram sockets, so systemd-notify(1) sends the messages, which needs `NotifyAccess=all`.
 */
export class ServiceManager {
  readonly #isThere: boolean;
  readonly #warn: (line: string) => void;
  readonly #watchdog: Timer | undefined;
  #last: Promise<void> = Promise.resolve();
  #hasWarned = false;

  /** @param env Has the variables of systemd: NOTIFY_SOCKET, and for the watchdog WATCHDOG_USEC and WATCHDOG_PID. */
  constructor(env: NodeJS.ProcessEnv, clock: TimedClock, warn: (line: string) => void) {
    const { NOTIFY_SOCKET: socket = '', WATCHDOG_USEC: usec, WATCHDOG_PID: pid = `${process.pid}` } = env;
    this.#isThere = socket !== '';
    this.#warn = warn;
    const seconds = pid === `${process.pid}` ? Number(usec) / 1e6 : Number.NaN;
    if (this.#isThere && seconds > 0) {
      this.#watchdog = every(clock, seconds / 2, () => void this.#tell('WATCHDOG=1'));
    }
  }

  /** The daemon serves, for the first time or after {@link reloading}. */
  ready(status: string): Promise<void> {
    return this.#tell('READY=1', `STATUS=${status}`);
  }

  /** The daemon reads its files again. */
  reloading(): Promise<void> {
    return this.#tell('RELOADING=1', 'STATUS=reading its files again');
  }

  /** The daemon stops. */
  stopping(): Promise<void> {
    this.#watchdog?.cancel();
    return this.#tell('STOPPING=1', 'STATUS=stopping');
  }

  /** Sends messages in order, because each says what holds from then on. */
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
