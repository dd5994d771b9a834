/** The width if none is known, as for a pipe: that of an old terminal. */
const WIDTH = 80;
/** Below this width it does not help to break lines. */
const MIN_WIDTH = 40;

/**
 * Breaks the prose of a help text to the width of the terminal. Indented lines, of a table or an example, stay as they
 * are.
 */
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
    // A line with a colon at its end is a heading. Indented lines follow it, so the paragraph ends there.
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
