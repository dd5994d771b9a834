import type { Tuple } from '../entry.ts';
import { type AddressRecord, type AddressState, merged, newAddress, stateOf, timeOf } from './address.ts';
import { CountResult } from './counts.ts';
import { canonicalMailbox, originalOf, tupleKey } from './key.ts';
import { passedWhite, type WhiteOutcome } from './passed-white.ts';
import { announced } from './repair.ts';
import type { Counts, Result, Step, View } from './step.ts';
import { isRetry, newTuple, sinceAt, type TupleRecord } from './tuple.ts';

/** The part of the policy that the rules depend on; durations are seconds. */
export interface Rules {
  /** A retry passes when the tuple was first seen longer ago than this, strictly. */
  readonly passtime: number;
  /** How long a tuple is remembered from its first sight. */
  readonly greyexp: number;
  /** How long an address stays white after its last delivery. */
  readonly whiteexp: number;
  /** Whether only a white claim of this host ends a trap that still holds. */
  readonly trapWins: boolean;
  /** For how long a renewed white address is not announced again. */
  readonly renewal: number;
}

/** What came of an attempt. Times are Unix seconds. */
export type AttemptOutcome =
  /** The recipient is a spamtrap; nothing was recorded. */
  | { readonly outcome: 'spamtrap' }
  /** The address is neither white nor trapped, and {@link AttemptOptions.record} says not to record the attempt. */
  | { readonly outcome: 'unrecorded' }
  /** `first`: the tuple was not known. `early`: the tuple was known, but passtime is not over. */
  | {
      /** Whether the tuple was known. */
      readonly outcome: 'first' | 'early';
      /** When the tuple was first seen. */
      readonly first: number;
      /** How often the tuple was deferred, this time included. */
      readonly blocked: number;
      /** After how many seconds a retry passes, at least 1. */
      readonly retryAfter: number;
    }
  /** This attempt makes the address white from now on. Of several attempts at once exactly one has this outcome. */
  | {
      readonly outcome: 'promoted';
      /** The time of the claim, see `timeOf`. */
      readonly at: number;
      /** Until when the address is white. */
      readonly expires: number;
      /** How many seconds after the first attempt this attempt came. */
      readonly waited: number;
    }
  | WhiteOutcome
  | {
      readonly outcome: 'trapped';
      /** Until when the address is trapped. */
      readonly expires: number;
      /** See `AddressRecord.trappedBy`. */
      readonly trappedBy: string;
    };

/** How an attempt is recorded. */
export interface AttemptOptions {
  /** The canonical address, or the network or name that stands for it. */
  readonly ip: string;
  /** What the policy asks for. */
  readonly rules: Rules;
  /** When another host saw the attempt, Unix seconds; `undefined` for an attempt that this host sees now. */
  readonly remoteAt?: number | undefined;
  /** `known`: only if the tuple was seen before, as a new tuple at the low-priority MX means a trap; `no`: never. */
  readonly record: 'always' | 'known' | 'no';
}

/** The step for an attempt. The key and the recipient are made when they are read: a white address needs no key. */
export class AttemptStep implements Step<AttemptOutcome> {
  readonly ip: string;
  readonly #strings: Omit<Tuple, 'ip'>;
  readonly #rules: Rules;
  readonly #remoteAt: number | undefined;
  readonly #record: AttemptOptions['record'];
  #key: string | undefined;

  /** @param strings HELO, sender and recipient as the client typed them. */
  constructor(strings: Omit<Tuple, 'ip'>, { ip, rules, remoteAt, record }: AttemptOptions) {
    this.ip = ip;
    this.#strings = strings;
    this.#rules = rules;
    this.#remoteAt = remoteAt;
    this.#record = record;
  }

  get key(): string {
    const { helo, from, to } = this.#strings;
    this.#key ??= tupleKey(this.ip, helo, from, to);
    return this.#key;
  }

  get recipient(): string {
    return canonicalMailbox(this.#strings.to);
  }

  run(view: View): Result<AttemptOutcome> {
    if (view.isSpamtrap) return { value: { outcome: 'spamtrap' } };
    const { address, now } = view;
    const state = address === undefined ? undefined : stateOf(address, now, this.#rules.trapWins);
    if (address === undefined || state === undefined) return this.#onTuple(view);
    if (state.type === 'trapped') return onTrapped(address, state);
    const { at, expires } = state;
    return this.#remoteAt === undefined
      ? passedWhite(address, state, now, this.#rules)
      : { value: { outcome: 'white', at, expires, announce: false } };
  }

  #onTuple(view: View): Result<AttemptOutcome> {
    const rules = this.#rules;
    const record = this.#record;
    const at = this.#remoteAt === undefined ? view.now : Math.min(this.#remoteAt, view.now);
    const live = record === 'no' ? undefined : view.tuple;
    const known = live !== undefined && live.expires > at ? live : undefined;
    if (record === 'no' || (record === 'known' && known === undefined)) return { value: { outcome: 'unrecorded' } };
    if (known === undefined) return this.#defer('first', newTuple(at, rules.greyexp, this.#original()), view.now);
    const tuple = sinceAt(known, at);
    return isRetry(tuple, at, rules.passtime)
      ? this.#promote(view.address ?? newAddress(tuple.first), tuple, at, view.now)
      : this.#defer('early', tuple, view.now);
  }

  #defer(outcome: 'first' | 'early', tuple: TupleRecord, now: number): Result<AttemptOutcome> {
    const { first } = tuple;
    const blocked = tuple.blocked + 1;
    // A retry passes when first + passtime is in the past, not yet when it equals now.
    const retryAfter = Math.max(1, first + this.#rules.passtime + 1 - now);
    const value = { outcome, first, blocked, retryAfter };
    // Of a known tuple only the count changes, so the value holds even if that is not written. A new tuple that is not
    // written would be new again at the next attempt.
    return outcome === 'early'
      ? { value, unwritten: value, tuple: { ...tuple, blocked } }
      : { value, tuple: { ...tuple, blocked } };
  }

  #promote(address: AddressRecord, tuple: TupleRecord, at: number, now: number): Result<AttemptOutcome> {
    const local = this.#remoteAt === undefined;
    const expires = at + this.#rules.whiteexp;
    const change = { type: 'white', at, expires, local } as const;
    const claimed = { ...merged(address, change), pass: at };
    const value = { outcome: 'promoted', at: timeOf(address, change), expires, waited: now - tuple.first } as const;
    return {
      value,
      // The tuple shows that the client has waited. If the result is not written, the next attempt is a retry again.
      unwritten: value,
      address: local ? announced({ ...claimed, passed: claimed.passed + 1 }, expires, now) : claimed,
      tuple: local
        ? { ...tuple, pass: at, passed: tuple.passed + 1 }
        : { ...tuple, pass: at, blocked: tuple.blocked + 1 },
    };
  }

  #original(): string | undefined {
    const { helo, from, to } = this.#strings;
    return originalOf(this.key, helo, from, to);
  }
}

function onTrapped(address: AddressRecord, { expires }: AddressState): Result<AttemptOutcome> {
  const counts: Counts = { blocked: 1, passed: 0, pass: 0, renewal: undefined };
  return new CountResult({ outcome: 'trapped', expires, trappedBy: address.trappedBy }, address, counts);
}
