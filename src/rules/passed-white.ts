import { type AddressRecord, type AddressState, merged, timeOf } from './address.ts';
import { CountResult } from './counts.ts';
import { announced, isForgotten } from './repair.ts';
import type { Counts, Result } from './step.ts';

/** The outcome when mail of a white address passed. Times are Unix seconds. */
export interface WhiteOutcome {
  /** Which outcome it is. */
  readonly outcome: 'white';
  /** When the address became white. */
  readonly at: number;
  /** Until when it is white. */
  readonly expires: number;
  /** Whether the renewed expiry is to be announced. */
  readonly announce: boolean;
}

/** The rules for renewing a white address; durations are seconds. */
export interface Renewal {
  /** How long an address stays white after its last delivery. */
  readonly whiteexp: number;
  /** For how long a renewed white address is not announced again. */
  readonly renewal: number;
}

/**
 * Renews a white address when mail of it passes here: it is white for whiteexp from now. It is announced when the last
 * announcement is `renewal` seconds old, or when the spamd hosts have forgotten it.
 */
export function passedWhite(
  address: AddressRecord,
  { at, expires }: AddressState,
  now: number,
  { whiteexp, renewal }: Renewal,
): Result<WhiteOutcome> {
  const latest = Math.max(expires, now + whiteexp);
  if (isForgotten(address, now) || now - address.announcedAt >= renewal) {
    const change = { type: 'white', at: now, expires: latest, local: true } as const;
    const claimed = merged(announced(address, latest, now), change);
    return {
      value: { outcome: 'white', at: timeOf(address, change), expires: latest, announce: true },
      // If the announcement cannot be noted, it is not made: else every attempt would announce the address.
      unwritten: { outcome: 'white', at, expires, announce: false },
      address: { ...claimed, pass: now, passed: address.passed + 1 },
    };
  }
  const counts: Counts = {
    blocked: 0,
    passed: 1,
    pass: now,
    renewal: latest > expires ? { at, expires: latest } : undefined,
  };
  return new CountResult({ outcome: 'white', at, expires: latest, announce: false }, address, counts);
}
