import { hash } from 'node:crypto';
import type { AddressRecord, Claim, StoreRecord, TupleRecord } from '../store/index.ts';

/*
 * What peers share of a record, and its hash: two peers that received the same agree in it. Not in it is what each keeps for
 * itself: counters, evidence, what it announced, whether a claim is its own.
 */

/**
 * The expiry of a white claim is compared in steps of three days: mail that passes renews it, and a renewal below a tenth of
 * whiteexp is not announced (see `docs/greylist.md`), so two peers differ in it on purpose. Seconds.
 */
const WHITE_STEP = 3 * 86_400;
/** The top bits of a key's hash name its leaf. */
const LEAF_BITS = 12;

/** How many leaves there are. */
export const LEAVES = 2 ** LEAF_BITS;

/** A record in the digest: where it counts, and what. */
export interface RecordHash {
  /** 0..4095, by the key alone. */
  readonly leaf: number;
  /** 32 bits each, by the key and what is shared. */
  readonly low: number;
  readonly high: number;
}

/** @param ip The key of the record. */
export function hashOfAddress(ip: string, record: AddressRecord, leaf = leafOf(ip)): RecordHash {
  const { white, trapped, whiteRemoved, trappedRemoved } = record;
  const whites = white.map(({ at, expires }) => `${at},${whiteStep(expires)}`);
  const traps = trapped.map(({ at, expires }) => `${at},${expires}`);
  return hashOf(leaf, `a${ip}\n${whites.join(' ')}\n${traps.join(' ')}\n${whiteRemoved},${trappedRemoved}`);
}

export function hashOfTuple(key: string, { first }: TupleRecord, leaf = leafOf(key)): RecordHash {
  return hashOf(leaf, `t${key}\n${first}`);
}

/** Of a tuple or an address; spamtraps are not exchanged. */
export function hashOfRecord(item: Exclude<StoreRecord, { type: 'spamtrap' }>, leaf = leafOfRecord(item)): RecordHash {
  return item.type === 'tuple' ? hashOfTuple(item.key, item.record, leaf) : hashOfAddress(item.ip, item.record, leaf);
}

export function leafOfRecord(item: Exclude<StoreRecord, { type: 'spamtrap' }>): number {
  return leafOf(item.type === 'tuple' ? item.key : item.ip);
}

/** Whether two records of one address are alike in what is shared, as far as a look tells: what was not changed is the same. */
export function isSharedAlike(one: AddressRecord, other: AddressRecord): boolean {
  return (
    one.white === other.white &&
    one.trapped === other.trapped &&
    one.whiteRemoved === other.whiteRemoved &&
    one.trappedRemoved === other.trappedRemoved
  );
}

/** Whether a renewal of a white address changes nothing that is shared: one claim in the place of one, of the same step. */
export function isRenewedAlike({ white }: AddressRecord, renewal: Claim | undefined): boolean {
  if (renewal === undefined) return true;
  return white.length === 1 && whiteStep((white[0] as Claim).expires) === whiteStep(renewal.expires);
}

/**
 * 16 bits of a record's hash, by which it is listed. Two records may have the same; by the salt, which changes with each
 * round, not for long.
 */
export function shortHash({ low, high }: RecordHash, salt: number): number {
  return Math.imul(low ^ salt, (high ^ 0x9e3779b1) | 1) >>> 16;
}

function whiteStep(expires: number): number {
  return Math.floor(expires / WHITE_STEP);
}

function leafOf(key: string): number {
  const digest = hash('sha1', key, 'binary');
  return ((digest.charCodeAt(0) << 8) | digest.charCodeAt(1)) >>> (16 - LEAF_BITS);
}

function hashOf(leaf: number, text: string): RecordHash {
  const digest = hash('sha1', text, 'binary');
  return { leaf, low: uint32At(digest, 0), high: uint32At(digest, 4) };
}

/** Four bytes of what has one in each character, the lowest first: a string is made in a quarter of the time of a buffer. */
function uint32At(bytes: string, at: number): number {
  const [first, second] = [bytes.charCodeAt(at), bytes.charCodeAt(at + 1)];
  return (first | (second << 8) | (bytes.charCodeAt(at + 2) << 16) | (bytes.charCodeAt(at + 3) << 24)) >>> 0;
}
