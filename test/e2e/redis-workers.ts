import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Entry, PolicyOptions, Verdict } from 'spamd-sync';

export type Verdicts = Partial<Record<Verdict['reason'], number>>;
/** What became of the attempts of one worker, or of all. */
export interface Done {
  readonly verdicts: Verdicts;
  /** How long the slowest took, seconds. */
  readonly slowest: number;
  /** How often another writer was faster. */
  readonly conflicts: number;
}

export type ToWorker =
  | {
      readonly type: 'attempt';
      readonly tuples: readonly number[];
      readonly policy: PolicyOptions;
    }
  | { readonly type: 'close' };
export type FromWorker =
  | { readonly type: 'ready' | 'lead' }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'done'; readonly done: Done };

/** A call of `announce`, as the leader made it. */
export interface Announced {
  /** Unix milliseconds. */
  readonly at: number;
  readonly pid: number;
  readonly entries: readonly Entry[];
}

const WORKER = fileURLToPath(new URL('./redis-worker.ts', import.meta.url));

/** Processes that share a store in Redis and one leader. */
export class Workers implements AsyncDisposable {
  readonly #dir: string;
  readonly #file: string;
  readonly #children: ChildProcess[] = [];
  readonly #url: string;
  readonly #timeout: number;
  readonly warnings: string[] = [];
  /** The process that leads, as far as they said. */
  leader: number | undefined;

  private constructor(dir: string, url: string, timeout: number) {
    this.#dir = dir;
    this.#file = join(dir, 'announced');
    this.#url = url;
    this.#timeout = timeout;
  }

  /** @param options.timeout Seconds. By default as much as the slowest machine needs. */
  static async start(count: number, url: string, { timeout = 60 } = {}): Promise<Workers> {
    const workers = new Workers(await mkdtemp(join(tmpdir(), 'spamd-sync-workers-')), url, timeout);
    await writeFile(workers.#file, '');
    await workers.add(count);
    return workers;
  }

  async add(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#spawn()));
  }

  /** Each list of tuples is tried by a worker of its own, all at once. */
  async attempt(lists: readonly (readonly number[])[], policy: PolicyOptions): Promise<Done> {
    const results = await Promise.all(
      lists.map((tuples, index) => this.#attempt(this.#running[index], tuples, policy)),
    );
    const verdicts: Verdicts = {};
    for (const each of results) {
      for (const [reason, count] of Object.entries(each.verdicts)) {
        const key = reason as Verdict['reason'];
        verdicts[key] = (verdicts[key] ?? 0) + count;
      }
    }
    return {
      verdicts,
      slowest: Math.max(...results.map(({ slowest }) => slowest)),
      conflicts: results.reduce((sum, { conflicts }) => sum + conflicts, 0),
    };
  }

  /** Ends the process that leads, at once. */
  async killLeader(): Promise<void> {
    const child = this.#running.find(({ pid }) => pid === this.leader);
    if (child === undefined) throw new Error('nobody leads');
    this.leader = undefined;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async announced(): Promise<Announced[]> {
    const lines = (await readFile(this.#file, 'utf8')).split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Announced);
  }

  /** Lets each finish what it has to announce, one after the other. */
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
    const args = [this.#url, this.#file, `${this.#timeout}`];
    const child = fork(WORKER, args, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#children.push(child);
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error('a worker did not start')));
      child.on('message', (message: FromWorker) => {
        if (message.type === 'ready') resolve();
        if (message.type === 'lead') this.leader = child.pid;
        if (message.type === 'warning') this.warnings.push(message.message);
      });
    });
  }

  #attempt(child: ChildProcess | undefined, tuples: readonly number[], policy: PolicyOptions): Promise<Done> {
    return new Promise((resolve, reject) => {
      if (child === undefined) throw new Error('there are not so many workers');
      const died = () => reject(new Error('a worker died'));
      const received = (message: FromWorker): void => {
        if (message.type !== 'done') return;
        child.off('message', received).off('exit', died);
        resolve(message.done);
      };
      child.on('message', received).once('exit', died);
      child.send({ type: 'attempt', tuples, policy } satisfies ToWorker);
    });
  }
}
