/** The width where none is known: that of a terminal of old, and of a pipe. */
const WIDTH = 80;
/** Narrower than this nothing is gained by breaking lines. */
const MIN_WIDTH = 40;

/** Help with the lines of its prose as long as the terminal has room for. What is indented, a table or an example, stays as it is. */
export function wrapped(text: string, columns = WIDTH): string {
  const width = Math.max(MIN_WIDTH, columns);
  const lines: string[] = [];
  let words: string[] = [];
  const end = (): void => {
    lines.push(...broken(words, width));
    words = [];
  };
  for (const line of text.split('\n')) {
    if (/^\S/.test(line)) words.push(...line.split(' '));
    // A heading goes on in lines that are indented.
    if (/^\S.*[^:]$/.test(line)) continue;
    end();
    if (!/^\S/.test(line)) lines.push(line);
  }
  end();
  return lines.join('\n');
}

function broken(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
