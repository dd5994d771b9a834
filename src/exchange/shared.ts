import { hash } from 'node:crypto';
import type { AddressRecord, Claim, StoreRecord, TupleRecord } from '../store/index.ts';

/*
 * What peers share of a record, and its hash. Two peers that received the same entries agree in it. It leaves out what
 * each peer keeps for itself: counters, evidence, what it announced, and whether a claim is local.
 */

/**
 * The expiry of a white claim is compared in steps of three days, here in seconds. Mail that passes renews the claim,
 * and a renewal below a tenth of whiteexp is not announced (see `docs/greylist.md`). So two peers differ in the expiry
 * on purpose.
 */
const WHITE_STEP = 3 * 86_400;
/** The top bits of a key's hash name its leaf. */
const LEAF_BITS = 12;

/** How many leaves there are. */
export const LEAVES = 2 ** LEAF_BITS;

/** A record in the digest: its leaf, and what it adds to the sum of that leaf. */
export interface RecordHash {
  /** 0..4095, made of the key alone. */
  readonly leaf: number;
  /** 32 bits, as `high`. Both are made of the key and what is shared. */
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

/** The hash of a tuple or an address. Spamtraps are not exchanged. */
export function hashOfRecord(item: Exclude<StoreRecord, { type: 'spamtrap' }>, leaf = leafOfRecord(item)): RecordHash {
  return item.type === 'tuple' ? hashOfTuple(item.key, item.record, leaf) : hashOfAddress(item.ip, item.record, leaf);
}

export function leafOfRecord(item: Exclude<StoreRecord, { type: 'spamtrap' }>): number {
  return leafOf(item.type === 'tuple' ? item.key : item.ip);
}

/**
 * Whether two records of one address agree in what is shared. Compares lists of claims by identity: a list that was not
 * changed is the same object.
 */
export function isSharedAlike(one: AddressRecord, other: AddressRecord): boolean {
  return (
    one.white === other.white &&
    one.trapped === other.trapped &&
    one.whiteRemoved === other.whiteRemoved &&
    one.trappedRemoved === other.trappedRemoved
  );
}

/**
 * Whether a renewal of a white address changes nothing that is shared: it replaces a single claim, and stays in the
 * same step.
 */
export function isRenewedAlike({ white }: AddressRecord, renewal: Claim | undefined): boolean {
  if (renewal === undefined) return true;
  return white.length === 1 && whiteStep((white[0] as Claim).expires) === whiteStep(renewal.expires);
}

/**
 * 16 bits of a record's hash, by which it is listed. Two records may have the same 16 bits, but not for long: the salt
 * changes with each round.
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

/**
 * Four bytes of a string that has one byte in each character, the lowest first. To make a buffer would take four times
 * as long.
 */
function uint32At(bytes: string, at: number): number {
  const [first, second] = [bytes.charCodeAt(at), bytes.charCodeAt(at + 1)];
  return (first | (second << 8) | (bytes.charCodeAt(at + 2) << 16) | (bytes.charCodeAt(at + 3) << 24)) >>> 0;
}
