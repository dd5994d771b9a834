import { FrameReader } from '../frames.ts';
import type { Channel } from './channel.ts';
import {
  ConnectionClosed,
  ExchangeError,
  MAX_MESSAGE,
  type Message,
  type MessageProperties,
  messageFrame,
  readMessage,
} from './messages.ts';
import type { SessionCounts } from './session-counts.ts';
import { BYTES_A_RECORD, turn } from './turns.ts';

/** Sends a message, and counts its bytes. Resolves when more may be sent. */
export async function sendTo(channel: Channel, counts: SessionCounts, message: MessageProperties): Promise<void> {
  const bytes = messageFrame(message);
  counts.bytesOut += bytes.length;
  await channel.write(bytes);
}

/**
 * The messages that come in. Counts their bytes.
 *
 * @throws {ExchangeError} For bytes that are not a message. {@link ConnectionClosed} when the connection ends within
 * one.
 */
export async function* messagesOf(channel: Channel, counts: SessionCounts): AsyncGenerator<Message, void> {
  const frames = new FrameReader(MAX_MESSAGE);
  for await (const chunk of channel.read()) {
    counts.bytesIn += chunk.length;
    for (const bytes of framesOf(frames, chunk)) {
      await turn(bytes.length / BYTES_A_RECORD);
      yield messageOf(bytes);
    }
  }
  if (frames.incomplete > 0) throw new ConnectionClosed();
}

function framesOf(frames: FrameReader, chunk: Uint8Array): Buffer[] {
  try {
    return frames.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  } catch (error) {
    throw new ExchangeError((error as Error).message);
  }
}

function messageOf(bytes: Uint8Array): Message {
  try {
    return readMessage(bytes);
  } catch (error) {
    if (error instanceof ExchangeError) throw error;
    throw new ExchangeError(`not a message: ${(error as Error).message}`);
  }
}
