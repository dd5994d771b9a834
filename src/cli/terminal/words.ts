import type { Entry } from '../../index.ts';

/** An entry in spamd's words. */
export function entryWords(entry: Entry): string {
  switch (entry.type) {
    case 'grey':
      return `GREY ip ${entry.ip} helo ${quoted(entry.helo)} from ${quoted(entry.from)} to ${quoted(entry.to)} seen ${timeWords(entry.timestamp)}`;
    case 'white':
    case 'trapped':
      return `${entry.type.toUpperCase()} ip ${entry.ip} until ${timeWords(entry.expires)} sent ${timeWords(entry.timestamp)}`;
    case 'remove-white':
      return `DELETE WHITE ip ${entry.ip} sent ${timeWords(entry.timestamp)}`;
    case 'remove-trapped':
      return `DELETE TRAPPED ip ${entry.ip} sent ${timeWords(entry.timestamp)}`;
  }
}

/**
 * Characters that JSON does not escape, but a terminal obeys: controls above ASCII, and those that change the text
 * direction.
 */
const CONTROLS = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** JSON that a terminal may show. All controls are escaped, also those above ASCII. The value stays the same. */
export function json(value: unknown): string {
  return escaped(JSON.stringify(value));
}

/** A client's string as a terminal may show it: quoted, controls escaped. */
export function quoted(text: string): string {
  return json(text);
}

/** Text as a terminal may show it. The characters of {@link CONTROLS} are escaped as JSON would do it. */
export function escaped(text: string): string {
  return text.replaceAll(CONTROLS, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** When something happened, UTC with milliseconds, ISO 8601. */
export function momentWords(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** A time in UTC, ISO 8601; `never` for 0. */
export function timeWords(seconds: number): string {
  return seconds === 0 ? 'never' : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/** A time in UTC, and how far that is from now. */
export function whenWords(seconds: number, now: number): string {
  if (seconds === 0 || seconds === now) return seconds === 0 ? 'never' : `${timeWords(seconds)} (now)`;
  const far = durationWords(Math.abs(seconds - now));
  return `${timeWords(seconds)} (${seconds > now ? `in ${far}` : `${far} ago`})`;
}

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;

/** A duration in its two largest units, as `1d 4h`. */
export function durationWords(seconds: number): string {
  const largest = Math.max(
    0,
    UNITS.findIndex(([, length]) => seconds >= length),
  );
  let left = seconds;
  const parts = UNITS.slice(largest, largest + 2).map(([unit, length]) => {
    const count = Math.floor(left / length);
    left -= count * length;
    return { unit, count };
  });
  const shown = parts.filter(({ count }) => count > 0).map(({ unit, count }) => `${count}${unit}`);
  return shown.length === 0 ? '0s' : shown.join(' ');
}

/** A duration, or how long ago something was, in one unit: `45s`, `12m`, `3h`, `5d`. */
export function agoWords(seconds: number): string {
  const [unit, length] = UNITS.find(([, size]) => seconds >= 2 * size) ?? ['s', 1];
  return `${Math.max(0, Math.floor(seconds / length))}${unit}`;
}

/** A number with its noun. `many` is the plural, if an `s` does not make it. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** The counters that are not 0, by name: `3 grey, 1 white`; `-` if all are 0. */
export function countsWords(counts: Readonly<Record<string, number>>): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  return some.length === 0 ? '-' : some.map(([name, count]) => `${count} ${name}`).join(', ');
}

/** Bytes in the largest unit in which the number is at least 1: `640 B`, `12.5 KiB`. */
export function bytesWords(bytes: number): string {
  const unit = Math.min(3, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return unit === 0 ? `${bytes} B` : `${(bytes / 1024 ** unit).toFixed(1)} ${['', 'KiB', 'MiB', 'GiB'][unit]}`;
}
