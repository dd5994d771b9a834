import { type TimedClock, within } from '../clock.ts';
import { ExchangeError, has, type Message } from './messages.ts';

/** A member of a message that belongs to a round. */
type Member = 'ask' | 'compare' | 'want' | 'differ' | 'listing' | 'items';

/**
 * How long the other end may take for its next message of a round, seconds. It may have to look through all its
 * records.
 */
export const PATIENCE = 60;
/**
 * How many messages may wait in an inbox, each of at most 256 KiB. The 64 connections that come in have 128 inboxes.
 */
const MAX_WAITING = 2;

/**
 * Messages that came in for one role of this end, asking or answering. They are taken one at a time, in their order.
 */
export class Inbox {
  readonly #clock: TimedClock;
  #messages: Message[] = [];
  #failure: Error | undefined;
  #taking: (() => void) | undefined;
  #freed: (() => void) | undefined;

  constructor(clock: TimedClock) {
    this.#clock = clock;
  }

  /** Resolves when there is room for another message, or the inbox has failed. */
  async put(message: Message): Promise<void> {
    this.#messages.push(message);
    this.#taking?.();
    if (this.#messages.length < MAX_WAITING || this.#failure !== undefined) return;
    await new Promise<void>((resolve) => {
      this.#freed = resolve;
    });
  }

  /** Makes a waiting {@link take}, and each later one, reject with an error. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#taking?.();
    this.#freed?.();
  }

  /**
   * Takes the next message.
   *
   * @param members The message must have one of these.
   * @param seconds How long to wait for it; `undefined` for ever.
   * @throws {ExchangeError} For a message that has none of the members, and when no message comes in time.
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
