import type { SourceHealth } from '../index.ts';

/**
 * The state of a host of the group:
 * - `heard`: a datagram of the host was delivered in this interval of ten minutes or in the one before;
 * - `quiet`: the last datagram was delivered earlier, but in one of the last eight intervals;
 * - `silent`: no datagram was delivered in the last eight intervals;
 * - `skewed`: its clock is more than a minute off, or so far off that all its datagrams are stale;
 * - `wrong-key`: all that it sends fails verification;
 * - `other-version`: all that it sends is of another protocol or damaged;
 * - `not-allowed`: it has the key, but the option `allow` does not name it.
 */
export type HostState = 'heard' | 'quiet' | 'silent' | 'skewed' | 'wrong-key' | 'other-version' | 'not-allowed';

/** A clock that is off by more than this is wrong, seconds. NTP keeps clocks within a fraction of a second. */
const MAX_SKEW = 60;

/** Whether a clock is wrong that is ahead by this many seconds. */
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
