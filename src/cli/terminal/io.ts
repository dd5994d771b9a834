import type { Readable, Writable } from 'node:stream';

/** What a command reads from and prints to; a test brings its own. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** How the command is to end, where it ends in order; see `EXIT`. */
  exit: number;
  /** Whether the command has more to close than a stream, and ends by itself when it cannot print any more. */
  isServing: boolean;
}

/** Those of this process. */
export function processIo(): Io {
  const { stdin, stdout, stderr } = process;
  return { stdin, stdout, stderr, exit: 0, isServing: false };
}
