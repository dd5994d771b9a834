import type { Io } from './io.ts';
import { escaped } from './words.ts';

/** Reports an error in a line on stderr. The line may have strings that a client chose. */
export function reportLine(io: Io, line: string): void {
  io.stderr.write(`spamd-sync: ${escaped(line)}\n`);
}
