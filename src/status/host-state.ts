import type { SourceHealth } from '../index.ts';

/**
 * How it stands with a host of the group:
 * - `heard`: something of it was delivered in this interval of ten minutes or the one before;
 * - `quiet`: in one of the last eight;
 * - `silent`: in none of them;
 * - `skewed`: its clock is more than a minute off, or so far that all of it is stale;
 * - `wrong-key`: all that it sends fails verification;
 * - `other-version`: all that it sends is of another protocol, or damaged;
 * - `not-allowed`: it has the key, but `allow` does not name it.
 */
export type HostState = 'heard' | 'quiet' | 'silent' | 'skewed' | 'wrong-key' | 'other-version' | 'not-allowed';

/** Further off than this a clock is wrong, seconds: NTP keeps them within a fraction of one. */
const MAX_SKEW = 60;

/** Whether a clock that is so far ahead, seconds, is wrong. */
export function isSkewed(skew: number): boolean {
  return Math.abs(skew) > MAX_SKEW;
}

export function stateOf({ accepted, reach, skew = 0, drops }: SourceHealth): HostState {
  if (accepted > 0) {
    if (isSkewed(skew)) return 'skewed';
    if (reach === 0) return 'silent';
    return (reach & 0b11) !== 0 ? 'heard' : 'quiet';
  }
  const { auth = 0, source = 0, stale = 0 } = drops;
  if (source > 0) return 'not-allowed';
  if (stale > 0) return 'skewed';
  if (auth > 0) return 'wrong-key';
  const { short = 0, oversize = 0, version = 0, family = 0, length = 0, malformed = 0 } = drops;
  return short + oversize + version + family + length + malformed > 0 ? 'other-version' : 'silent';
}
