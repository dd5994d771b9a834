import type { Writable } from 'node:stream';
import { escaped, json } from './words.ts';

/** How a text may be marked on a terminal. */
export type Mark = 'bad' | 'good' | 'dim' | 'bold';

const CODES: Readonly<Record<Mark, string>> = { bad: '31', good: '32', dim: '2', bold: '1' };

/** Whether a stream is a terminal that shows colours. See https://no-color.org. */
function isColoured(stream: Writable & { readonly isTTY?: boolean }): boolean {
  const { NO_COLOR = '', TERM } = process.env;
  return stream.isTTY === true && NO_COLOR === '' && TERM !== 'dumb';
}

/** Prints for a command: lines for a person, in colour on a terminal, or JSON for scripts. */
export class Output {
  readonly #stream: Writable & { readonly isTTY?: boolean };
  readonly #json: boolean;
  readonly #coloured: boolean;

  constructor(stream: Writable & { readonly isTTY?: boolean }, json: boolean) {
    this.#stream = stream;
    this.#json = json;
    this.#coloured = !json && isColoured(stream);
  }

  /** Prints one thing: with `--json` an object on a line, otherwise the lines that say the same to a person. */
  async print(value: object, lines: () => Iterable<string>): Promise<void> {
    if (this.#json) return this.write(`${json(value)}\n`);
    let text = '';
    for (const line of lines()) text += `${line}\n`;
    await this.write(text);
  }

  /** Marks a text, if the stream shows colours. */
  marked(mark: Mark, text: string): string {
    return this.#coloured ? `\u001b[${CODES[mark]}m${text}\u001b[0m` : text;
  }

  /**
   * Writes a text: to a file or a pipe as it is, to a terminal {@link escaped}, because a client may have chosen parts
   * of it. Resolves when more may be written.
   */
  write(text: string): Promise<void> {
    const shown = this.#stream.isTTY === true ? escaped(text) : text;
    return new Promise((resolve, reject) => {
      this.#stream.write(shown, (error) => (error == null ? resolve() : reject(error)));
    });
  }
}
