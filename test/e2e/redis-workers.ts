import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Entry, Verdict } from 'spamd-sync';

export type Verdicts = Partial<Record<Verdict['reason'], number>>;
export type ToWorker =
  | { readonly type: 'attempt'; readonly tuples: readonly number[]; readonly passtime: number }
  | { readonly type: 'close' };
export type FromWorker =
  | { readonly type: 'ready' | 'lead' }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'done'; readonly verdicts: Verdicts };

/** A call of `announce`, as the holder of the lease made it. */
export interface Announced {
  /** Unix milliseconds. */
  readonly at: number;
  readonly pid: number;
  readonly entries: readonly Entry[];
}

const WORKER = fileURLToPath(new URL('./redis-worker.ts', import.meta.url));

/** Processes that share a store in Redis and one voice. */
export class Workers implements AsyncDisposable {
  readonly #dir: string;
  readonly #file: string;
  readonly #children: ChildProcess[] = [];
  readonly #url: string;
  readonly #leaseMs: number;
  readonly warnings: string[] = [];
  /** The process that holds the lease, as far as they said. */
  holder: number | undefined;

  private constructor(dir: string, url: string, leaseMs: number) {
    this.#dir = dir;
    this.#file = join(dir, 'announced');
    this.#url = url;
    this.#leaseMs = leaseMs;
  }

  static async start(count: number, url: string, leaseMs = 3000): Promise<Workers> {
    const workers = new Workers(await mkdtemp(join(tmpdir(), 'spamd-sync-workers-')), url, leaseMs);
    await writeFile(workers.#file, '');
    await workers.add(count);
    return workers;
  }

  async add(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#spawn()));
  }

  /** Each list of tuples is tried by a worker of its own, all at once. */
  async attempt(lists: readonly (readonly number[])[], passtime: number): Promise<Verdicts> {
    const results = await Promise.all(
      lists.map((tuples, index) => this.#attempt(this.#running[index], tuples, passtime)),
    );
    const all: Verdicts = {};
    for (const verdicts of results) {
      for (const [reason, count] of Object.entries(verdicts)) {
        const key = reason as Verdict['reason'];
        all[key] = (all[key] ?? 0) + count;
      }
    }
    return all;
  }

  /** Ends the process that holds the lease, at once. */
  async killHolder(): Promise<void> {
    const child = this.#running.find(({ pid }) => pid === this.holder);
    if (child === undefined) throw new Error('nobody holds the lease');
    this.holder = undefined;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async announced(): Promise<Announced[]> {
    const lines = (await readFile(this.#file, 'utf8')).split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Announced);
  }

  /** Lets each finish what it has to say, one after the other. */
  async close(): Promise<void> {
    for (const child of this.#running) {
      const ended = once(child, 'exit');
      child.send({ type: 'close' } satisfies ToWorker);
      await ended;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#running) child.kill('SIGKILL');
    await rm(this.#dir, { recursive: true, force: true });
  }

  get #running(): readonly ChildProcess[] {
    return this.#children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  }

  async #spawn(): Promise<void> {
    const args = [this.#url, this.#file, `${this.#leaseMs}`];
    const child = fork(WORKER, args, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#children.push(child);
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error('a worker did not start')));
      child.on('message', (message: FromWorker) => {
        if (message.type === 'ready') resolve();
        if (message.type === 'lead') this.holder = child.pid;
        if (message.type === 'warning') this.warnings.push(message.message);
      });
    });
  }

  #attempt(child: ChildProcess | undefined, tuples: readonly number[], passtime: number): Promise<Verdicts> {
    return new Promise((resolve, reject) => {
      if (child === undefined) throw new Error('there are not so many workers');
      const died = () => reject(new Error('a worker died'));
      const heard = (message: FromWorker): void => {
        if (message.type !== 'done') return;
        child.off('message', heard).off('exit', died);
        resolve(message.verdicts);
      };
      child.on('message', heard).once('exit', died);
      child.send({ type: 'attempt', tuples, passtime } satisfies ToWorker);
    });
  }
}
