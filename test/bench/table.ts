import { isMet, type Row } from './part.ts';

const HEADINGS = ['', 'ours', 'against', 'ratio', 'at least', ''];

/** The rows as a Markdown table, its columns aligned. */
export function table(rows: readonly Row[]): string {
  const cells = [HEADINGS, ...rows.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(3, ...cells.map((row) => (row[column] ?? '').length)));
  const lines = cells.map((row) => line(row.map((cell, column) => cell.padEnd(widths[column] ?? 0))));
  lines.splice(1, 0, line(widths.map((width) => '-'.repeat(width))));
  return lines.join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function cellsOf(row: Row): string[] {
  const met = isMet(row);
  return [
    row.what,
    row.ours,
    row.against ?? '',
    row.ratio?.toFixed(2) ?? '',
    row.atLeast?.toFixed(1) ?? '',
    met === undefined ? '' : met ? 'met' : 'NOT MET',
  ];
}

/** A count or a rate, its thousands set apart. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function nanoseconds(value: number): string {
  return value < 10_000 ? `${count(value)} ns` : `${(value / 1000).toFixed(1)} us`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
