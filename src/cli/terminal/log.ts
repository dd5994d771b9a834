import type { Writable } from 'node:stream';
import { systemClock } from '../../clock.ts';
import { escaped, momentWords } from './words.ts';

/** Writes a line with the time before it. It may quote what a client chose. */
export type Log = (line: string) => void;

/** The log of a command that runs until it is ended: a line that says what happened has to say when. */
export function logTo(stream: Writable): Log {
  return (line) => void stream.write(`${momentWords(systemClock.now())} ${escaped(line)}\n`);
}
