import type { Io } from './io.ts';
import { reportLine } from './report-line.ts';
import { counted } from './words.ts';

/** So many lines of an input are reported one by one. A file of something else has millions that cannot be read. */
const MAX = 20;

/** Reports the lines of an input that are not taken: the first ones one by one, and how many more there are. */
export class LineReports {
  readonly #io: Io;
  #count = 0;

  constructor(io: Io) {
    this.#io = io;
  }

  /** How many were reported, those that are merely counted too. */
  get count(): number {
    return this.#count;
  }

  add(line: string): void {
    this.#count++;
    if (this.#count <= MAX) reportLine(this.#io, line);
  }

  /** The input has ended. */
  end(): void {
    if (this.#count > MAX) reportLine(this.#io, `and ${counted(this.#count - MAX, 'line')} more`);
  }
}
