import type { Writable } from 'node:stream';
import { systemClock } from '../../clock.ts';
import { escaped, momentWords } from './words.ts';

/** Writes a line with the time before it. The line may have strings that a client chose. */
export type Log = (line: string) => void;

/** The log of a command that runs until it is ended. Each line has the time at which something happened. */
export function logTo(stream: Writable): Log {
  return (line) => void stream.write(`${momentWords(systemClock.now())} ${escaped(line)}\n`);
}
