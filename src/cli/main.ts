#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { nextTurn } from '../clock.ts';
import { run } from './program.ts';
import { EXIT } from './terminal/failure.ts';
import { type Io, processIo } from './terminal/io.ts';

/**
 * A reader that has seen enough, as head(1), closes the pipe: that ends the command, and is no failure. Any other error of
 * printing, such as a full disk, is one.
 */
function endOnClosedPipe(io: Io): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (io.isServing) return;
    if (error.code === 'EPIPE') process.exit(EXIT.ok);
    process.stderr.write(`spamd-sync: cannot print: ${error.message}\n`);
    process.exit(EXIT.trouble);
  });
  // Nobody is left to whom it could be said.
  process.stderr.on('error', () => io.isServing || process.exit(EXIT.trouble));
}

function version(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string })
    .version;
}

const io = processIo();
endOnClosedPipe(io);
const exit = await run(version(), io, process.argv.slice(2));
// That something, as a help, could not be printed is said a turn later.
await nextTurn();
// Not left to end by itself: what could not be closed in time must not keep it.
process.exit(exit);
