const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short', hour12: false });
const number = new Intl.NumberFormat('en');

/** A time of day. */
export function timeOf(seconds: number): string {
  return clock.format(seconds * 1000);
}

/** A date and time; `never` for 0. */
export function dateOf(seconds: number): string {
  return seconds === 0 ? 'never' : date.format(seconds * 1000);
}

export function count(value: number): string {
  return number.format(value);
}

/** A duration in its largest unit. */
export function duration(seconds: number): string {
  const size = Math.max(0, Math.round(seconds));
  if (size < 100) return `${size} s`;
  if (size < 100 * 60) return `${Math.round(size / 60)} min`;
  if (size < 100 * 3600) return `${Math.round(size / 3600)} h`;
  return `${Math.round(size / 86_400)} d`;
}

/** Bytes in the largest unit in which the number is at least 1. */
export function bytes(value: number): string {
  const unit = Math.min(3, Math.floor(Math.log2(Math.max(1, value)) / 10));
  return unit === 0 ? `${value} B` : `${(value / 1024 ** unit).toFixed(1)} ${['', 'KiB', 'MiB', 'GiB'][unit]}`;
}

export function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, value) => sum + value, 0);
}

/** `3 auth, 1 stale`. Counters that are 0 are left out. */
export function parts(counts: Readonly<Record<string, number>>): string {
  const known = Object.entries(counts).filter(([, value]) => value > 0);
  return known.map(([name, value]) => `${count(value)} ${name}`).join(', ');
}
