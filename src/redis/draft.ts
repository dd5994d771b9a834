import type { SpamdSyncError } from '../errors.ts';
import { type AddressRecord, holdsUntil } from '../rules/address.ts';
import { addedCounts, CountStep } from '../rules/counts.ts';
import type { Counts, Result, Step, View } from '../rules/step.ts';
import type { TupleRecord } from '../rules/tuple.ts';
import type { Admission } from './admission.ts';
import type { Exchange, Exchanged } from './compare-and-set.ts';
import type { Keys } from './keys.ts';
import { shifted } from './shift.ts';
import { Slot } from './slot.ts';
import type { Value, Values } from './values.ts';

/**
 * If Redis would forget an address within this time, its counts are written at once, and with them its renewal.
 * Seconds.
 */
const MARGIN = 5;

/** What Redis said in its last reply, all of one moment. */
export interface Standing {
  /** What keys hold, by their names. */
  readonly values: ReadonlyMap<string, Value<unknown>>;
  /** Whether recipients are spamtraps. */
  readonly trapped: ReadonlyMap<string, boolean>;
}

/** How a draft is begun. */
export interface DraftOptions {
  readonly ip: string;
  readonly keys: Keys;
  readonly addresses: Values<AddressRecord>;
  readonly tuples: Values<TupleRecord>;
  readonly standing: Standing | undefined;
  /**
   * The server's time as this host's clock would show it, Unix seconds; `undefined` if each step brings its own time,
   * and nothing expires by itself.
   */
  readonly storeNow: number | undefined;
  /** How far Redis's clock is ahead of this host's, seconds. */
  readonly ahead: number;
  /** Why Redis takes no writes, if it said so. Steps are then answered by what stands. */
  readonly refusal: SpamdSyncError | undefined;
  /** Decides which client may have one more tuple, or trap. */
  readonly admission: { readonly tuples: Admission; readonly traps: Admission };
  /** The counts of the address that are put off. */
  readonly owed: Counts | undefined;
  /** Whether more counts of the address are to be put off. */
  readonly isBusy: boolean;
}

/** A step that is to be run. */
export interface Planned<T = unknown> {
  readonly step: Step<T>;
  /** The caller's time, Unix seconds. */
  readonly now: number;
  /** Whether the recipient is a spamtrap, if that was asked before; `undefined`: the draft has to find out. */
  readonly isSpamtrap: boolean | undefined;
  /** Whether an operator puts records in. No bound of clients keeps them out. */
  readonly isLoad?: boolean;
}

/**
 * What steps over one address make of the records that are believed to stand. The steps run one after the other, each
 * over what the step before left, so that one exchange writes all changes.
 */
export class Draft {
  readonly #options: DraftOptions;
  /** The slots that can be compared and written. Slots that are foreign are left out. */
  readonly #slots: (Slot<AddressRecord> | Slot<TupleRecord>)[] = [];
  #address: Slot<AddressRecord> | undefined;
  readonly #tuples = new Map<string, Slot<TupleRecord>>();
  /** Recipients that are assumed not to be spamtraps. */
  readonly #recipients = new Set<string>();
  /** Tuples that clients add. */
  #added: Slot<TupleRecord>[] = [];
  #addsTrap = false;
  readonly #keptOut = { tuples: 0, traps: 0 };
  #owed: Counts | undefined;
  #deferred: Counts | undefined;
  #writesCounts = false;
  #unwritten = 0;

  constructor(options: DraftOptions) {
    this.#options = options;
    this.#owed = options.owed;
  }

  /** Counts that the steps put off. */
  get deferred(): Counts | undefined {
    return this.#deferred;
  }

  /** How many steps were answered though none of their changes is written. */
  get unwritten(): number {
    return this.#unwritten;
  }

  /** Whether counts are written, all owed counts included. */
  get writesCounts(): boolean {
    return this.#writesCounts;
  }

  /** Whether anything is put or removed. */
  get isChanged(): boolean {
    return this.#slots.some(({ isChanged }) => isChanged);
  }

  /** How many tuples and traps are not recorded for lack of room, though the steps are answered. */
  get keptOut(): { readonly tuples: number; readonly traps: number } {
    return this.#keptOut;
  }

  /**
   * Whether there is nothing to ask Redis: its last reply said all that the steps looked at, and they change nothing.
   */
  get isSettled(): boolean {
    const { standing, refusal } = this.#options;
    // A foreign address has no place in the due index: an exchange removes it from there.
    if (this.#address?.isForeign === true && refusal === undefined) return false;
    return (
      this.#slots.every(({ isStanding, isChanged }) => isStanding && !isChanged) &&
      this.recipients.every((recipient) => standing?.trapped.has(recipient))
    );
  }

  /** What is expected of each key, and what becomes of it. */
  exchanges(): readonly Exchange[] {
    return this.#slots.map((slot) => slot.exchange(this.#options.storeNow !== undefined));
  }

  /** Recipients that must not be spamtraps. */
  get recipients(): readonly string[] {
    return [...this.#recipients];
  }

  /** What becomes of the address in the due index: its score; `null`: it is removed; `undefined`: nothing. */
  get dueScore(): number | null | undefined {
    if (this.#address === undefined || this.#options.refusal !== undefined) return undefined;
    if (this.#address.isForeign) return null;
    const { record, before } = this.#address;
    if (record === undefined) return null;
    const { announcedExpires } = record;
    return announcedExpires === (before?.announcedExpires ?? 0)
      ? undefined
      : shifted(announcedExpires, this.#options.ahead);
  }

  /** @returns The step's value. If the step throws, the draft stays as it is. */
  run({ step, now, isSpamtrap, isLoad = false }: Planned): unknown {
    const { ip, storeNow = now, refusal } = this.#options;
    const tried = this.#tried(step, storeNow, isSpamtrap);
    if (refusal !== undefined) return this.#answered(tried.result, refusal);
    const owed = this.#owedCounts;
    // A step whose count is put off need not see what was counted before. Any other step that reads the address has to.
    if (owed === undefined || !tried.hasReadAddress || this.#isPutOff(tried.result, storeNow)) {
      return this.#applied(step, tried.result, storeNow, isLoad);
    }
    const count = new CountStep(ip, owed);
    this.#owed = undefined;
    this.#deferred = undefined;
    this.#writesCounts = true;
    this.#applied(count, this.#tried(count, storeNow, undefined).result, storeNow, isLoad);
    return this.#applied(step, this.#tried(step, storeNow, isSpamtrap).result, storeNow, isLoad);
  }

  /** Takes note that the exchanges were done. */
  written(): void {
    for (const slot of this.#slots) slot.written();
    const { ip, admission } = this.#options;
    for (const { before, record } of this.#added) {
      if (before === undefined && record !== undefined) admission.tuples.added(ip, record.expires);
    }
    const trap = this.#addsTrap && this.#address?.before === undefined ? this.#address?.record : undefined;
    if (isTrapOfClient(trap)) admission.traps.added(ip, holdsUntil(trap));
  }

  /**
   * Takes note of what stands instead of what was expected.
   *
   * @returns What stands, what of it is foreign, and whether another writer was faster, so that what this process knew
   * is out of date.
   */
  changed({ stands, trapped }: Exchanged): {
    readonly standing: Standing;
    readonly foreign: readonly string[];
    readonly isConflict: boolean;
  } {
    const slots = this.#slots;
    const changed = slots.map((slot, at) => slot.changed(stands[at]));
    const values = new Map(slots.map(({ name }, at) => [name, changed[at]?.value as Value<unknown>]));
    const foreign = slots.filter((_, at) => changed[at]?.value.isForeign).map(({ name }) => name);
    // A key that was found to be foreign before counts as foreign until these steps are done.
    for (const [name, value] of this.#options.standing?.values ?? []) if (value.isForeign) values.set(name, value);
    return {
      standing: {
        values,
        trapped: new Map(this.recipients.map((recipient, at) => [recipient, trapped[at] === true])),
      },
      foreign,
      isConflict: changed.some(({ isConflict }) => isConflict),
    };
  }

  readAddress(): AddressRecord | undefined {
    return this.#addressSlot().record;
  }

  readTuple(key: string): TupleRecord | undefined {
    return this.#tupleSlot(key).record;
  }

  /** Whether a recipient is a spamtrap. It is assumed not to be one until Redis says otherwise. */
  isSpamtrap(recipient: string): boolean {
    if (this.#options.standing?.trapped.get(recipient) === true) return true;
    this.#recipients.add(recipient);
    return false;
  }

  #tried<T>(step: Step<T>, now: number, isSpamtrap: boolean | undefined) {
    const view = new DraftView(this, step, now, isSpamtrap);
    const result = step.run(view);
    return { result, hasReadAddress: view.hasReadAddress };
  }

  /** What a step is answered when nothing can be written. Its counts stay owed. */
  #answered<T>(result: Result<T>, refusal: SpamdSyncError): T {
    const { value, address, tuple, counts, unwritten } = result;
    if (address === undefined && tuple === undefined) return value;
    if (unwritten === undefined) throw refusal;
    this.#unwritten++;
    if (counts !== undefined) this.#defer(counts);
    return unwritten;
  }

  #applied<T>(step: Step<T>, result: Result<T>, now: number, isLoad: boolean): T {
    const { value, address, tuple, counts } = result;
    if (tuple !== undefined && step.key !== undefined) this.#putTuple(step.key, tuple, now, isLoad);
    if (address === undefined) return value;
    if (counts !== undefined && this.#isPutOff(result, now)) {
      this.#defer(counts);
    } else {
      this.#putAddress(address, now, isLoad);
      if (counts !== undefined) this.#writesCounts = true;
    }
    return value;
  }

  #putTuple(key: string, tuple: TupleRecord | null, now: number, isLoad: boolean): void {
    const slot = this.#tupleSlot(key);
    if (tuple === null) this.#added = this.#added.filter((added) => added !== slot);
    else if (slot.record === undefined && !isLoad) {
      if (!this.#admits('tuples', now, this.#added.length)) return;
      this.#added.push(slot);
    }
    slot.put(tuple);
  }

  #putAddress(address: AddressRecord | null, now: number, isLoad: boolean): void {
    const slot = this.#addressSlot();
    if (slot.record === undefined && !isLoad && isTrapOfClient(address ?? undefined)) {
      if (!this.#admits('traps', now, 0)) return;
      this.#addsTrap = true;
    }
    slot.put(address);
  }

  /** Counts on the address that are not part of what is written. */
  get #owedCounts(): Counts | undefined {
    return this.#owed !== undefined && this.#deferred !== undefined
      ? addedCounts(this.#owed, this.#deferred)
      : (this.#owed ?? this.#deferred);
  }

  #defer(counts: Counts): void {
    this.#deferred = this.#deferred === undefined ? counts : addedCounts(this.#deferred, counts);
  }

  /**
   * Whether a client may have one more record. If not, the step is answered all the same. Records that an operator puts
   * in have no bound.
   */
  #admits(what: 'tuples' | 'traps', now: number, pending: number): boolean {
    const { ip, admission } = this.#options;
    if (admission[what].admits(ip, now, pending)) return true;
    this.#keptOut[what]++;
    return false;
  }

  /** Whether a step only counts, and its counts are put off. If the address is written anyway, so are its counts. */
  #isPutOff({ counts }: Result<unknown>, now: number): boolean {
    if (counts === undefined || !this.#options.isBusy) return false;
    const { record, isChanged } = this.#addressSlot();
    return !isChanged && record !== undefined && holdsUntil(record) > now + MARGIN;
  }

  #addressSlot(): Slot<AddressRecord> {
    const { ip, keys, addresses } = this.#options;
    if (this.#address !== undefined) return this.#address;
    this.#address = this.#slot(keys.address(ip), addresses);
    if (!this.#address.isForeign) this.#slots.push(this.#address);
    return this.#address;
  }

  #tupleSlot(key: string): Slot<TupleRecord> {
    const { keys, tuples } = this.#options;
    const known = this.#tuples.get(key);
    if (known !== undefined) return known;
    const slot = this.#slot(keys.tuple(key), tuples);
    this.#tuples.set(key, slot);
    if (!slot.isForeign) this.#slots.push(slot);
    return slot;
  }

  #slot<T>(name: string, values: Values<T>): Slot<T> {
    const { standing, storeNow } = this.#options;
    // The cast is safe: the name of a key begins with the kind of its record.
    const stands = standing?.values.get(name) as Value<T> | undefined;
    return new Slot(name, values, stands, values.seen(name, storeNow));
  }
}

/** Whether a record is only a trap that a client brought upon itself, or that the group announced. */
function isTrapOfClient(record: AddressRecord | undefined): record is AddressRecord {
  if (record === undefined || record.white.length > 0 || record.trapped.length === 0) return false;
  return record.trappedBy !== 'operator' && record.trappedBy !== 'import';
}

/** The records as one step sees them. */
class DraftView implements View {
  readonly now: number;
  hasReadAddress = false;
  readonly #draft: Draft;
  readonly #step: Step<unknown>;
  readonly #isSpamtrap: boolean | undefined;

  constructor(draft: Draft, step: Step<unknown>, now: number, isSpamtrap: boolean | undefined) {
    this.now = now;
    this.#draft = draft;
    this.#step = step;
    this.#isSpamtrap = isSpamtrap;
  }

  get address(): AddressRecord | undefined {
    this.hasReadAddress = true;
    return this.#draft.readAddress();
  }

  get tuple(): TupleRecord | undefined {
    const { key } = this.#step;
    return key === undefined ? undefined : this.#draft.readTuple(key);
  }

  get isSpamtrap(): boolean {
    if (this.#isSpamtrap !== undefined) return this.#isSpamtrap;
    const { recipient } = this.#step;
    return recipient !== undefined && this.#draft.isSpamtrap(recipient);
  }
}
