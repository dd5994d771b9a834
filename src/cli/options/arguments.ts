import { InvalidArgumentError } from 'commander';
import { canonicalAddress } from '../../address.ts';
import { checkedPath } from '../../stream-server.ts';
import { fileText } from '../input/input.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** An option that may be given several times. */
export function append(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/**
 * One or more addresses. All are checked before anything is done about the first.
 *
 * @throws {InvalidArgumentError} For a text that is not an IPv4 or IPv6 address.
 */
export function ipAddresses(value: string, before: readonly string[] = []): readonly string[] {
  if (canonicalAddress(value) === undefined) throw new InvalidArgumentError('not an IP address');
  return [...before, value];
}

/**
 * @returns A function that reads a whole number in these bounds. It throws an `InvalidArgumentError` for anything else.
 */
export function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,12}$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`not a whole number ${min}..${max}`);
  };
}

/** @returns A function that reads a number in these bounds. It throws an `InvalidArgumentError` for anything else. */
export function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,12}(\.\d{1,6})?$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`not a number ${min}..${max}`);
  };
}

/**
 * @throws {InvalidArgumentError} For a path that no Unix socket can have: it is empty, or the system would cut it
 * short.
 */
export function socketPath(text: string): string {
  try {
    return checkedPath(text);
  } catch {
    throw new InvalidArgumentError('not a path of 1 to 103 bytes');
  }
}

/** @throws {InvalidArgumentError} For a text that is not a UDP or TCP port. */
export function port(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 65_535) return value;
  throw new InvalidArgumentError('not a port 1..65535');
}

/**
 * @returns Seconds.
 * @throws {InvalidArgumentError} For a text that is not a duration such as `90`, `25m`, `4h`, `36d`.
 */
export function duration(text: string): number {
  const [, digits = '', unit = 's'] = /^(\d{1,10})([smhdw])?$/.exec(text) ?? [];
  if (digits === '') throw new InvalidArgumentError('not a duration such as 90, 25m, 4h, 36d');
  return Number(digits) * (UNITS[unit] as number);
}

/** The lines of a file, without empty ones and comments. `#` begins a comment. */
export async function linesOf(path: string): Promise<string[]> {
  const lines = (await fileText(path)).split('\n').map((line) => line.replace(/#.*/, '').trim());
  return lines.filter((line) => line !== '');
}
