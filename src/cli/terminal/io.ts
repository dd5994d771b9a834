import type { Readable, Writable } from 'node:stream';

/** The streams that a command reads from and prints to. A test has its own. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** The exit status of the command, if it ends without an error; see `EXIT`. */
  exit: number;
  /** Whether the command has more to close than streams. It then ends by itself when it cannot print any more. */
  isServing: boolean;
}

/** The streams of this process. */
export function processIo(): Io {
  const { stdin, stdout, stderr } = process;
  return { stdin, stdout, stderr, exit: 0, isServing: false };
}
