import type { Tuple } from '../entry.ts';
import { canonicalMailbox, spelling, tupleKey } from '../rules/canonical.ts';
import type { AttemptStep, Rules } from '../store/store.ts';

export interface StepOptions {
  /** The canonical address, or what stands for it. */
  readonly ip: string;
  readonly at: number;
  readonly now: number;
  readonly rules: Rules;
  readonly own: boolean;
  readonly record: AttemptStep['record'];
}

/** An attempt as a store takes it. What a white address never needs, its key above all, is made when asked for. */
export class Step implements AttemptStep {
  readonly ip: string;
  readonly at: number;
  readonly now: number;
  readonly rules: Rules;
  readonly own: boolean;
  readonly record: AttemptStep['record'];
  readonly #tuple: Omit<Tuple, 'ip'>;
  #key: string | undefined;

  constructor(tuple: Omit<Tuple, 'ip'>, { ip, at, now, rules, own, record }: StepOptions) {
    this.ip = ip;
    this.at = at;
    this.now = now;
    this.rules = rules;
    this.own = own;
    this.record = record;
    this.#tuple = tuple;
  }

  get key(): string {
    const { helo, from, to } = this.#tuple;
    this.#key ??= tupleKey(this.ip, helo, from, to);
    return this.#key;
  }

  spelled(): string | undefined {
    const { helo, from, to } = this.#tuple;
    return spelling(this.key, helo, from, to);
  }

  to(): string {
    return canonicalMailbox(this.#tuple.to);
  }
}
