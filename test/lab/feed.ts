import type { FeedItem, Feed as FeedMessage } from '../../src/status/shapes.ts';
import type { LabHost } from '../e2e/lab.ts';
import { Program } from '../e2e/program.ts';

/** Where a daemon serves its page, in its own network. */
const PORT = 8026;
/** The option of the daemon. */
export const HTTP = `--http ${PORT}`;

/** Prints what the page is sent. */
const FOLLOW = `
const { body } = await fetch('http://127.0.0.1:${PORT}/api/events');
for await (const part of body) process.stdout.write(part);`;

/** The timeline on a daemon's page, as it grows. */
export class Feed implements AsyncDisposable {
  readonly #host: LabHost;
  #program: Program;
  /** Of daemons that ran before. */
  #before: readonly FeedItem[] = [];

  constructor(host: LabHost) {
    this.#host = host;
    this.#program = this.#follow();
  }

  /** The oldest first. */
  get items(): readonly FeedItem[] {
    const messages = this.#program.stdout.matchAll(/^event: feed\ndata: (.*)\n\n/gm);
    return [...this.#before, ...[...messages].flatMap(([, data = '']) => (JSON.parse(data) as FeedMessage).items)];
  }

  /** Follows the page of a daemon that was started in the place of another. */
  async again(): Promise<void> {
    this.#before = this.items;
    await this[Symbol.asyncDispose]();
    this.#program = this.#follow();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#program[Symbol.asyncDispose]();
  }

  #follow(): Program {
    return new Program([process.execPath, '--input-type=module', '-e', FOLLOW], this.#host.inside);
  }
}
