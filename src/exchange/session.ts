import type { TimedClock } from '../clock.ts';
import type { Entry } from '../entry.ts';
import type { Store } from '../store/index.ts';
import type { Allowance } from './allowance.ts';
import { answer } from './answering.ts';
import { ask, type RoundReport } from './asking.ts';
import type { Channel, ChannelAddress } from './channel.ts';
import { sendTo } from './channel-messages.ts';
import type { Digest } from './digest.ts';
import { type Greeting, greeted, type Opened } from './greeting.ts';
import { Inbox } from './inbox.ts';
import {
  ConnectionClosed,
  ExchangeError,
  entryOf,
  has,
  hasRoom,
  liveMessages,
  type Message,
  type MessageProperties,
  type SharedRecord,
} from './messages.ts';
import { Refused } from './refused.ts';
import type { SessionCounts } from './session-counts.ts';

/**
 * How many bytes may wait to be sent. Beyond that the other end does not keep up: live entries are left to the next
 * round.
 */
const MAX_WAITING = 2 ** 20;

/** What a session needs of the exchange. */
export interface SessionOptions {
  readonly store: Store;
  readonly digest: Digest;
  readonly clock: TimedClock;
  /** How much the other end may ask for. */
  readonly allowance: Allowance;
  /** The bytes that name this process. */
  readonly instance: Uint8Array;
  /** A new salt, 32 bits. */
  readonly salt: () => number;
  /** Merges records of the other end, and returns those that it refused. */
  readonly merge: (records: readonly SharedRecord[], address: string) => Promise<readonly SharedRecord[]>;
  /** Called with each entry that the other end announces. */
  readonly onLive: (entry: Entry, remote: ChannelAddress) => void;
}

/** A connection with another peer. Both ends ask, answer, and announce entries about IPv6. */
export class Session {
  readonly #o: SessionOptions;
  readonly #channel: Channel;
  readonly #answers: Inbox;
  readonly #questions: Inbox;
  readonly #refused = new Refused();
  readonly #ended = new AbortController();
  readonly #messages: AsyncIterator<Message>;
  #isAsking = false;
  #lastRound = 0;
  /** What the other end says about itself in its hello. */
  readonly greeting: Greeting;
  readonly counts: SessionCounts;

  private constructor(channel: Channel, o: SessionOptions, opened: Opened) {
    this.#channel = channel;
    this.#o = o;
    this.#answers = new Inbox(o.clock);
    this.#questions = new Inbox(o.clock);
    this.#messages = opened.messages;
    this.greeting = opened.greeting;
    this.counts = opened.counts;
  }

  /** Sends the hello of this end, and receives that of the other. Closes the channel and rejects if none comes. */
  static async open(channel: Channel, o: SessionOptions): Promise<Session> {
    return new Session(channel, o, await greeted(channel, o.instance, o.clock));
  }

  get remote(): ChannelAddress {
    return this.#channel.remote;
  }

  /** The fingerprint of the key that the channel was opened with. */
  get fingerprint(): string | undefined {
    return this.#channel.fingerprint;
  }

  /** Whether a round is under way in which this end asks. */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  /**
   * Receives and answers until either end closes the session, then resolves. Rejects with any other error that ends it.
   *
   * @param answered Called when a round of the other end was answered.
   */
  async run(answered: () => void): Promise<void> {
    const { store, digest, clock, allowance } = this.#o;
    const { signal } = this.#ended;
    const { address } = this.remote;
    const onAnswered = (records: number): void => {
      this.counts.recordsSent += records;
      answered();
    };
    const answering = answer({
      ...{ inbox: this.#questions, send: this.#send, store, digest, clock, signal, onAnswered },
      wait: () => allowance.wait(address, signal),
      spend: (cost) => allowance.spend(address, cost),
    });
    try {
      await Promise.race([this.#receive(), answering]);
      this.close();
    } catch (error) {
      if (signal.aborted) return;
      this.close();
      throw error;
    } finally {
      answering.catch(() => {});
    }
  }

  /** When the last round in which this end asked was completed, Unix seconds; 0: there was none. */
  get lastRound(): number {
    return this.#lastRound;
  }

  /** Whether the session may go on: the key that it was opened with is still one of the group's keys. */
  get isAuthorised(): boolean {
    return this.#channel.isAuthorised;
  }

  /**
   * Runs a round in which this end asks. No other may be under way. If it fails, the session cannot be used any more.
   */
  async round(): Promise<RoundReport> {
    const { store, digest, clock, salt } = this.#o;
    this.#isAsking = true;
    const report = await ask({
      inbox: this.#answers,
      send: this.#send,
      store,
      digest,
      refused: this.#refused,
      salt: salt(),
      merge: this.#merge,
    });
    this.#isAsking = false;
    this.#lastRound = Math.floor(clock.now());
    return report;
  }

  /**
   * Announces entries to the other end.
   *
   * @returns How many were not sent: all if the other end does not keep up, otherwise those that are too long for a
   * message.
   */
  async announce(entries: readonly Entry[]): Promise<number> {
    if (this.#channel.waiting > MAX_WAITING) return entries.length;
    const fit = entries.filter(hasRoom);
    for (const message of liveMessages(fit)) await this.#send(message);
    return entries.length - fit.length;
  }

  close(): void {
    const closed = new ConnectionClosed();
    this.#ended.abort(closed);
    this.#channel.close();
    this.#answers.fail(closed);
    this.#questions.fail(closed);
  }

  async #receive(): Promise<void> {
    for (;;) {
      const { value, done } = await this.#messages.next();
      if (done) return;
      await this.#dispatch(value);
    }
  }

  async #dispatch(message: Message): Promise<void> {
    for (const one of message.live) {
      const entry = entryOf(one);
      if (entry !== undefined) this.#o.onLive(entry, this.remote);
    }
    if (has(message, 'ask') || has(message, 'compare') || has(message, 'want')) await this.#questions.put(message);
    if (has(message, 'differ') || has(message, 'listing') || has(message, 'items')) {
      if (!this.#isAsking) throw new ExchangeError('an answer that nobody asked for');
      await this.#answers.put(message);
    }
  }

  readonly #merge = (records: readonly SharedRecord[]): Promise<readonly SharedRecord[]> => {
    this.counts.recordsReceived += records.length;
    return this.#o.merge(records, this.remote.address);
  };

  readonly #send = (message: MessageProperties): Promise<void> => sendTo(this.#channel, this.counts, message);
}
