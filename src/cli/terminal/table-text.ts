const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');

/** Rows of cells as lines. Each column is as wide as its widest cell; the escapes of marks do not count. */
export function* table(rows: readonly (readonly string[])[]): Generator<string, void> {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, width(cell));
    });
  }
  for (const row of rows) {
    yield row
      .map((cell, at) => cell + ' '.repeat((widths[at] as number) - width(cell)))
      .join('  ')
      .trimEnd();
  }
}

function width(cell: string): number {
  return cell.replaceAll(ESCAPES, '').length;
}
