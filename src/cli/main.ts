#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { nextTurn } from '../clock.ts';
import { run } from './program.ts';
import { EXIT } from './terminal/failure.ts';
import { type Io, processIo } from './terminal/io.ts';

/**
 * Ends the command when it cannot print any more. A reader that has read enough, such as head(1), closes the pipe: that
 * is not a failure. Any other error of printing, such as a full disk, is one.
 */
function endOnClosedPipe(io: Io): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (io.isServing) return;
    if (error.code === 'EPIPE') process.exit(EXIT.ok);
    process.stderr.write(`spamd-sync: cannot print: ${error.message}\n`);
    process.exit(EXIT.trouble);
  });
  // This error cannot be reported anywhere.
  process.stderr.on('error', () => io.isServing || process.exit(EXIT.trouble));
}

function version(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string })
    .version;
}

const io = processIo();
endOnClosedPipe(io);
const exit = await run(version(), io, process.argv.slice(2));
// An error of printing, for example of a help text, is emitted a turn later.
await nextTurn();
// The process is ended here, because something that could not be closed in time must not keep it alive.
process.exit(exit);
