import type { Io } from './io.ts';
import { escaped } from './words.ts';

/** Reports a mistake or a trouble in a line on stderr. It may quote what a client chose. */
export function reportLine(io: Io, line: string): void {
  io.stderr.write(`spamd-sync: ${escaped(line)}\n`);
}
