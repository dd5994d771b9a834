import { type TimedClock, within } from '../clock.ts';
import type { Channel } from './channel.ts';
import { messagesOf, sendTo } from './channel-messages.ts';
import { ConnectionClosed, ExchangeError, INSTANCE, type Message, VERSION } from './messages.ts';
import { noCounts, type SessionCounts } from './session-counts.ts';

/** How long the other end may take to send its hello, seconds. */
const HELLO = 10;

/** What the other end says about itself in its hello. */
export interface Greeting {
  /** The bytes that name its process. */
  readonly instance: Uint8Array;
  /** The version of the protocol that it speaks. */
  readonly version: number;
  /** How far its clock is ahead, seconds; `undefined` if its hello has no time. */
  readonly skew: number | undefined;
}

/** A connection on which both ends have sent their hello. */
export interface Opened {
  /** The messages after the hello. */
  readonly messages: AsyncIterator<Message>;
  readonly greeting: Greeting;
  readonly counts: SessionCounts;
}

/** Sends the hello of this end, and receives that of the other. Closes the channel and rejects if none comes. */
export async function greeted(channel: Channel, instance: Uint8Array, clock: TimedClock): Promise<Opened> {
  const counts = noCounts();
  const messages = messagesOf(channel, counts)[Symbol.asyncIterator]();
  try {
    await sendTo(channel, counts, { hello: { version: VERSION, instance, time: Math.floor(clock.now()) } });
    const late = () => new ExchangeError(`no hello in ${HELLO} s`);
    const { value, done } = await within(clock, messages.next(), HELLO, late);
    if (done) throw new ConnectionClosed();
    const { instance: theirs, version = 1, time } = value.hello ?? {};
    if (theirs?.length !== INSTANCE) throw new ExchangeError('not a hello');
    const skew = time ? time - Math.floor(clock.now()) : undefined;
    return { messages, greeting: { instance: theirs, version: version ?? 1, skew }, counts };
  } catch (error) {
    channel.close();
    throw error;
  }
}
