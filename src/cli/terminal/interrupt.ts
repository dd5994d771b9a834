/** Ctrl-C, or another signal that asks the command to end. */
export class Interrupt implements Disposable {
  readonly #stop = new AbortController();
  readonly #names: readonly NodeJS.Signals[];
  readonly #end = (name: NodeJS.Signals): void => this.#stop.abort(new Error(name));

  constructor(names: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM']) {
    this.#names = names;
    for (const name of this.#names) process.once(name, this.#end);
  }

  /** Aborted by the first such signal; the message of the reason is its name. A second signal ends the process. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  [Symbol.dispose](): void {
    for (const name of this.#names) process.off(name, this.#end);
  }
}
