import type { AttemptOutcome, AttemptStep } from '../store/store.ts';
import { type AddressRecord, type AddressState, applyChange, newAddressRecord, stateOf } from './address-record.ts';
import { newTupleRecord, stepOf, type TupleRecord } from './tuple-record.ts';

/** spamd scans for what has expired once a minute; twice that, because no two clocks are the same. Seconds. */
const FORGOTTEN_AFTER = 120;

/** What an attempt did to what a store holds: records given were changed in place, these are to be put there. */
export interface Taken {
  readonly outcome: AttemptOutcome;
  readonly tuple: TupleRecord | undefined;
  readonly address: AddressRecord | undefined;
}

/**
 * One step of the tuple machine, on the records that a store has of this address and tuple. The caller makes it
 * atomic. Changes the records in place.
 */
export function takeAttempt(
  address: AddressRecord | undefined,
  known: TupleRecord | undefined,
  step: AttemptStep,
): Taken {
  const settled = takeSettled(address, step);
  return settled === undefined ? takeTuple(address, known, step) : { outcome: settled, tuple: undefined, address };
}

/** The part of a step that an address answers which is white or trapped, whatever its tuples. */
export function takeSettled(address: AddressRecord | undefined, step: AttemptStep): AttemptOutcome | undefined {
  const state = address === undefined ? undefined : stateOf(address, step.now, step.rules.trapWins);
  if (address === undefined || state === undefined) return undefined;
  return state.type === 'white' ? takeWhite(address, state, step) : takeTrapped(address, state);
}

/** The rest of it, for an address that is neither. */
export function takeTuple(
  address: AddressRecord | undefined,
  known: TupleRecord | undefined,
  step: AttemptStep,
): Taken {
  const { at, rules } = step;
  const live = known !== undefined && known.expires > at ? known : undefined;
  if (step.record === 'no' || (step.record === 'known' && live === undefined)) {
    return { outcome: { step: 'unrecorded' }, tuple: undefined, address: undefined };
  }
  const tuple = live ?? newTupleRecord(at, rules.greyexp, step.spelled());
  const tupleStep = live === undefined ? ('first' as const) : stepOf(live, at, rules.passtime);
  if (tupleStep !== 'retry') {
    const outcome = { step: tupleStep, first: tuple.first, blocked: ++tuple.blocked };
    return { outcome, tuple, address: undefined };
  }
  const promoted = address ?? newAddressRecord(tuple.first);
  return { outcome: promote(promoted, tuple, step), tuple, address: promoted };
}

/**
 * The spamd hosts of the group keep the expiry that they heard first, so the one noted stands until it has passed and
 * they have all forgotten the address.
 *
 * @param until The expiry announced now.
 */
export function noteAnnounced(record: AddressRecord, until: number, now: number): void {
  if (record.announcedUntil + FORGOTTEN_AFTER <= now) record.announcedUntil = until;
  record.announcedAt = now;
}

/**
 * The state of an address that the spamd hosts forget because the expiry they were told has passed, while it still holds
 * here: it is to be announced again, and noted as such.
 */
export function takeDue(record: AddressRecord, now: number, trapWins: boolean): AddressState | undefined {
  if (record.announcedUntil === 0 || !isForgotten(record, now)) return undefined;
  const state = stateOf(record, now, trapWins);
  if (state === undefined) return undefined;
  noteAnnounced(record, state.until, now);
  // The newest claim and the longest may be two; what the group is told must hold here too.
  applyChange(record, { ...state, ip: '', own: false, by: '' });
  return state;
}

/**
 * Whether the expiry that the spamd hosts hold has passed, and they were not told again since. Those whose scan has not
 * come round yet pass over what they are told and then forget the address after all, so they are told twice.
 */
function isForgotten({ announcedUntil, announcedAt }: AddressRecord, now: number): boolean {
  return announcedUntil <= now && (announcedAt < announcedUntil || announcedUntil + FORGOTTEN_AFTER <= now);
}

function takeWhite(record: AddressRecord, state: AddressState, { now, own, rules }: AttemptStep): AttemptOutcome {
  const { at, until } = state;
  if (!own) return { step: 'white', at, until, announce: false };
  record.pass = now;
  record.passed++;
  const renewed = Math.max(until, now + rules.whiteexp);
  if (isForgotten(record, now) || now - record.announcedAt >= rules.renewal) {
    noteAnnounced(record, renewed, now);
    return { step: 'white', at: claimWhite(record, now, renewed), until: renewed, announce: true };
  }
  // The group is not told, so only the expiry moves: the claim must not count against more here than it does elsewhere.
  if (renewed > until) applyChange(record, { type: 'white', ip: '', at, until: renewed, own: false, by: '' });
  return { step: 'white', at, until: renewed, announce: false };
}

function takeTrapped(record: AddressRecord, state: AddressState): AttemptOutcome {
  record.blocked++;
  return { step: 'trapped', until: state.until, by: record.by };
}

function promote(record: AddressRecord, tuple: TupleRecord, { at, now, own, rules }: AttemptStep): AttemptOutcome {
  const until = at + rules.whiteexp;
  tuple.pass = at;
  record.pass = at;
  if (own) {
    tuple.passed++;
    record.passed++;
    noteAnnounced(record, until, now);
    return { step: 'promoted', at: claimWhite(record, at, until), until };
  }
  tuple.blocked++;
  applyChange(record, { type: 'white', ip: '', at, until, own: false, by: '' });
  return { step: 'promoted', at, until };
}

/** @returns The time that the claim took. */
function claimWhite(record: AddressRecord, at: number, until: number): number {
  return applyChange(record, { type: 'white', ip: '', at, until, own: true, by: '' });
}
