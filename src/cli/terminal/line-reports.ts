import type { Io } from './io.ts';
import { reportLine } from './report-line.ts';
import { counted } from './words.ts';

/** How many lines of an input are reported one by one. A file of another kind may have millions that cannot be read. */
const MAX = 20;

/** Reports the lines of an input that are left out: the first ones one by one, and then how many more there are. */
export class LineReports {
  readonly #io: Io;
  #count = 0;

  constructor(io: Io) {
    this.#io = io;
  }

  /** How many lines were left out, including those that are only counted. */
  get count(): number {
    return this.#count;
  }

  add(line: string): void {
    this.#count++;
    if (this.#count <= MAX) reportLine(this.#io, line);
  }

  /** To be called at the end of the input. */
  end(): void {
    if (this.#count > MAX) reportLine(this.#io, `and ${counted(this.#count - MAX, 'line')} more`);
  }
}
