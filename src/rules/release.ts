import { merged, newAddress, stateOf, timeOf } from './address.ts';
import type { Rules } from './attempt.ts';
import { announced } from './repair.ts';
import type { Result, Step, View } from './step.ts';
import { isExpiredTuple } from './sweep.ts';

/** What came of a release. Times are Unix seconds. */
export type ReleaseOutcome =
  | {
      /** The address is white from now on. */
      readonly outcome: 'released';
      /** The time of the claim, see `timeOf`. */
      readonly at: number;
      /** Until when the address is white. */
      readonly expires: number;
    }
  | {
      /** Nothing was changed: the address is white or trapped already, or no such tuple waits. */
      readonly outcome: 'white' | 'trapped' | 'unknown';
    };

/** Makes the address of a waiting tuple white, as a retry after passtime would. */
export class ReleaseStep implements Step<ReleaseOutcome> {
  readonly ip: string;
  readonly key: string | undefined;
  readonly #rules: Rules;

  /** @param key The key of the tuple; `undefined` if no tuple is known. */
  constructor(ip: string, key: string | undefined, rules: Rules) {
    this.ip = ip;
    this.key = key;
    this.#rules = rules;
  }

  run({ address, tuple, now }: View): Result<ReleaseOutcome> {
    const state = address === undefined ? undefined : stateOf(address, now, this.#rules.trapWins);
    if (state !== undefined) return { value: { outcome: state.type } };
    if (tuple === undefined || isExpiredTuple(tuple, now)) return { value: { outcome: 'unknown' } };
    const record = address ?? newAddress(tuple.first);
    const expires = now + this.#rules.whiteexp;
    const change = { type: 'white', at: now, expires, local: true } as const;
    return {
      value: { outcome: 'released', at: timeOf(record, change), expires },
      address: announced({ ...merged(record, change), pass: now }, expires, now),
      tuple: { ...tuple, pass: now },
    };
  }
}
