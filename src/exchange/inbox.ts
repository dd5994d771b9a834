import { type TimedClock, within } from '../clock.ts';
import { ExchangeError, has, type Message } from './messages.ts';

/** What of a message is looked for. */
type Member = 'ask' | 'compare' | 'want' | 'differ' | 'listing' | 'items';

/** How long the other end may take to say the next of a round, seconds: it may have to look through all of its records. */
export const PATIENCE = 60;
/** So many messages may wait, each of at most 256 KiB; and there are 128 inboxes. */
const MAX_WAITING = 2;

/** The messages of one role that came in, in their order, for whoever takes them one at a time. */
export class Inbox {
  readonly #clock: TimedClock;
  #messages: Message[] = [];
  #failure: Error | undefined;
  #taking: (() => void) | undefined;
  #freed: (() => void) | undefined;

  constructor(clock: TimedClock) {
    this.#clock = clock;
  }

  /** Resolves when there is room for more, or nobody takes any more. */
  async put(message: Message): Promise<void> {
    this.#messages.push(message);
    this.#taking?.();
    if (this.#messages.length < MAX_WAITING || this.#failure !== undefined) return;
    await new Promise<void>((resolve) => {
      this.#freed = resolve;
    });
  }

  /** Whoever waits, or takes from now on, is told so. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#taking?.();
    this.#freed?.();
  }

  /**
   * Takes the next message.
   *
   * @param members Of which it must have one.
   * @param seconds How long it may take to come; `undefined` for ever.
   * @throws {ExchangeError} For one that has none of them.
   */
  async take(members: readonly Member[], seconds: number | undefined): Promise<Message> {
    const coming = this.#next();
    const late = () => new ExchangeError(`no ${members.join(' or ')} in ${seconds} s`);
    const message = await (seconds === undefined ? coming : within(this.#clock, coming, seconds, late));
    if (members.some((member) => has(message, member))) return message;
    throw new ExchangeError(`not a ${members.join(' or ')}`);
  }

  async #next(): Promise<Message> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const message = this.#messages.shift();
      if (message !== undefined) {
        this.#freed?.();
        this.#freed = undefined;
        return message;
      }
      await new Promise<void>((resolve) => {
        this.#taking = resolve;
      });
      this.#taking = undefined;
    }
  }
}
