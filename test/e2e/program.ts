import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A program under test, and what it has printed so far. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended: Promise<number | string>;
  stdout = '';
  stderr = '';

  /** @param inside The command that runs another one somewhere else. */
  constructor(command: readonly string[], inside: readonly string[] = [], env: NodeJS.ProcessEnv = process.env) {
    const [program = '', ...args] = [...inside, ...command];
    this.#child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#ended = once(this.#child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  }

  /** Its exit status, or the name of the signal that ended it. */
  get ended(): Promise<number | string> {
    return this.#ended;
  }

  /** `undefined` when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when it has printed this. */
  async printed(pattern: RegExp): Promise<void> {
    const output = () => this.stdout + this.stderr;
    await until(
      () => pattern.test(output()),
      () => `nothing like ${pattern} in: ${output()}`,
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it, forcibly if it takes no notice. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.running) this.signal('SIGTERM');
    const impatience = setTimeout(() => this.signal('SIGKILL'), 5000);
    await this.#ended;
    clearTimeout(impatience);
  }
}
