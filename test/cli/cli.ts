import { Readable, Writable } from 'node:stream';
import { run } from '../../src/cli/program.ts';

/** What a run of the command printed, and how it ended. */
export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly exit: number;
}

class Collected extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Runs the command in this process. */
export async function spamdSync(args: readonly string[], stdin: Uint8Array = new Uint8Array()): Promise<Ran> {
  const stdout = new Collected();
  const stderr = new Collected();
  const io = {
    stdin: Readable.from(stdin.length === 0 ? [] : [Buffer.from(stdin)]),
    stdout,
    stderr,
    exit: 0,
    isServing: false,
  };
  const exit = await run('1.2.3', io, args);
  return { out: stdout.text, err: stderr.text, exit };
}

/** The objects that a run with `--json` printed. */
// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever is there.
export function objects({ out }: Ran): any[] {
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
