import { type AddressRecord, merged, newAddress, stateOf, timeOf } from './address.ts';
import type { Rules } from './attempt.ts';
import { passedWhite, type WhiteOutcome } from './passed-white.ts';
import { announced } from './repair.ts';
import type { Result, Step, View } from './step.ts';

/** What came of a delivery. Times are Unix seconds. */
export type DeliveryOutcome =
  | WhiteOutcome
  | {
      /** The address is trapped, and stays so. */
      readonly outcome: 'trapped';
    };

/**
 * Records that mail passed to or from an address, whatever let the mail pass. The address is white from now on, as
 * spamlogd(8) makes it. An address that is trapped stays so.
 */
export class DeliveryStep implements Step<DeliveryOutcome> {
  readonly ip: string;
  readonly #rules: Rules;

  constructor(ip: string, rules: Rules) {
    this.ip = ip;
    this.#rules = rules;
  }

  run({ address, now }: View): Result<DeliveryOutcome> {
    const state = address === undefined ? undefined : stateOf(address, now, this.#rules.trapWins);
    if (address === undefined || state === undefined) return this.#becomesWhite(address ?? newAddress(now), now);
    return state.type === 'trapped' ? { value: { outcome: 'trapped' } } : passedWhite(address, state, now, this.#rules);
  }

  #becomesWhite(address: AddressRecord, now: number): Result<DeliveryOutcome> {
    const expires = now + this.#rules.whiteexp;
    const change = { type: 'white', at: now, expires, local: true } as const;
    const claimed = { ...merged(address, change), pass: now, passed: address.passed + 1 };
    return {
      value: { outcome: 'white', at: timeOf(address, change), expires, announce: true },
      address: announced(claimed, expires, now),
    };
  }
}
