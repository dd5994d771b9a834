/** One number of a family. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number | undefined;
}

/** Numbers of one meaning, each with its own labels. */
export interface Family {
  /** The name without the common prefix. It ends with the unit, and for a counter with `_total`. */
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  /** The meaning of the numbers, in one line. */
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** The prefix of every name. */
const PREFIX = 'spamd_sync_';

/** The Prometheus text format, version 0.0.4. A value that is not known is left out. */
export function formatFamilies(families: readonly Family[]): string {
  return families.map(formatFamily).join('');
}

function formatFamily({ name, type, help, samples }: Family): string {
  const full = `${PREFIX}${name}`;
  const lines = samples
    .filter(({ value }) => value !== undefined)
    .map(({ labels = {}, value }) => `${full}${formatLabels(labels)} ${value}`);
  return lines.length === 0 ? '' : `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join('\n')}\n`;
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** A sample for each member of a record, under one label. */
export function byLabel(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

/** The one sample of a family without labels. */
export function one(value: number | undefined): Sample[] {
  return [{ value }];
}
