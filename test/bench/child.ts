import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** What a child process can be asked: for each name what goes in and what comes back, plain data. */
export type Calls = Record<string, (argument: never) => unknown>;
type Argument<C extends Calls, N extends keyof C> = Parameters<C[N]>[0];
type Result<C extends Calls, N extends keyof C> = Awaited<ReturnType<C[N]>>;

/** A process of its own, asked one thing at a time. */
export class Child<C extends Calls> implements AsyncDisposable {
  readonly #process: ChildProcess;

  /** @param name Its file, beside this one. */
  constructor(name: string) {
    const file = new URL(`./${name}.js`, import.meta.url);
    this.#process = fork(file, { execArgv: ['--expose-gc'] });
  }

  async ask<N extends keyof C & string>(name: N, argument: Argument<C, N>): Promise<Result<C, N>> {
    const over = new AbortController();
    try {
      this.#process.send({ name, argument });
      const [answer] = await Promise.race([
        once(this.#process, 'message', over),
        once(this.#process, 'exit', over).then(() => [{ error: 'the process ended' }]),
      ]);
      if ('error' in answer) throw new Error(`${name}: ${answer.error}`);
      return answer.result;
    } finally {
      over.abort();
    }
  }

  /** It ends by itself when it is let go. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#process.connected) return;
    const ended = once(this.#process, 'exit');
    this.#process.disconnect();
    await ended;
  }
}

/** The other side: answers until the parent lets go, or is gone. */
export function answer<C extends Calls>(calls: C): void {
  process.on('message', async ({ name, argument }: { name: keyof C; argument: never }) => {
    try {
      process.send?.({ result: await calls[name]?.(argument) });
    } catch (error) {
      process.send?.({ error: error instanceof Error ? error.stack : String(error) });
    }
  });
  process.once('disconnect', () => process.exit());
}
