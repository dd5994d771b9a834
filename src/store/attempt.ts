import { type AddressRecord, type AddressState, applyChange, newAddressRecord, stateOf } from './address-record.ts';
import type { AttemptOutcome, AttemptStep } from './store.ts';
import { newTupleRecord, stepOf, type TupleRecord } from './tuple-record.ts';

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
  const state = address === undefined ? undefined : stateOf(address, step.now, step.rules.trapWins);
  if (address !== undefined && state !== undefined) {
    const outcome = state.type === 'white' ? takeWhite(address, state, step) : takeTrapped(address, state);
    return { outcome, tuple: undefined, address };
  }

  const { at, rules } = step;
  const live = known !== undefined && known.expire > at ? known : undefined;
  if (step.record === 'no' || (step.record === 'known' && live === undefined)) {
    return { outcome: { step: 'unrecorded' }, tuple: undefined, address: undefined };
  }
  const tuple = live ?? newTupleRecord(at, rules.greyexp, step.spelled());
  const tupleStep = stepOf(tuple, at, rules.passtime);
  if (tupleStep !== 'retry') {
    const outcome = { step: tupleStep, first: tuple.first, blocked: ++tuple.blocked };
    return { outcome, tuple, address: undefined };
  }
  const promoted = address ?? newAddressRecord(tuple.first);
  return { outcome: promote(promoted, tuple, step), tuple, address: promoted };
}

/**
 * The spamd hosts of the group keep the expiry that they heard first, so the one noted stands until it has passed.
 *
 * @param until The expiry announced now.
 */
export function noteAnnounced(record: AddressRecord, until: number, now: number): void {
  if (record.announcedUntil <= now) record.announcedUntil = until;
  record.announcedAt = now;
}

/**
 * The state of an address that the spamd hosts have forgotten because the expiry they were told has passed, while it
 * still holds here: it is to be announced again, and noted as such.
 */
export function takeDue(record: AddressRecord, now: number, trapWins: boolean): AddressState | undefined {
  if (record.announcedUntil === 0 || record.announcedUntil > now) return undefined;
  const state = stateOf(record, now, trapWins);
  if (state !== undefined) noteAnnounced(record, state.until, now);
  return state;
}

function takeWhite(record: AddressRecord, state: AddressState, { now, own, rules }: AttemptStep): AttemptOutcome {
  if (!own) return { step: 'white', until: state.until, announce: false };
  record.pass = now;
  record.passed++;
  const until = Math.max(state.until, now + rules.whiteexp);
  if (now > state.at) claimWhite(record, now, rules.whiteexp);
  const announce = record.announcedUntil <= now || now - record.announcedAt >= rules.renewal;
  if (announce) noteAnnounced(record, until, now);
  return { step: 'white', until, announce };
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
    claimWhite(record, at, rules.whiteexp);
    noteAnnounced(record, until, now);
  } else {
    tuple.blocked++;
    applyChange(record, { type: 'white', ip: '', at, until, own: false, by: '' });
  }
  return { step: 'promoted', until };
}

function claimWhite(record: AddressRecord, at: number, whiteexp: number): void {
  applyChange(record, { type: 'white', ip: '', at, until: at + whiteexp, own: true, by: '' });
}
