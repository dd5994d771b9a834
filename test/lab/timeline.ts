/** What happened in a lab, line by line, and how much of it should not have. */
export class Timeline {
  readonly #print: (line: string) => void;
  readonly #start = Date.now();
  failures = 0;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /**
   * @param who As `10.99.0.101 -> A`.
   * @param what What should happen.
   * @param came What did.
   */
  note(who: string, what: string, came: string, expected: RegExp): void {
    const isRight = expected.test(came);
    if (!isRight) this.failures++;
    const seconds = ((Date.now() - this.#start) / 1000).toFixed(1).padStart(5);
    this.#print(`${seconds} s  ${isRight ? 'ok ' : 'BAD'}  ${who.padEnd(17)} ${what}: ${came}`);
  }
}
