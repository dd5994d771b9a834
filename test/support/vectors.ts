/** The captured and the hostile datagrams, read and typed. */
import { readFileSync } from 'node:fs';
import type { DecodeReason, Entry } from 'spamd-sync';
import { SyncKey, type WireEntry } from 'spamd-sync/wire';

interface VectorEntry {
  readonly type: Entry['type'];
  readonly ip: string;
  readonly timestamp: number;
  readonly expires?: number;
  readonly fromHex?: string;
  readonly toHex?: string;
  readonly heloHex?: string;
}

export interface CapturedVector {
  readonly name: string;
  readonly keyFileHex: string | null;
  readonly counter: number;
  readonly entry: VectorEntry;
  readonly datagramHex: string;
}

export interface HostileVector {
  readonly name: string;
  readonly keyFileHex: string | null;
  readonly datagramHex: string;
  readonly expect:
    | { readonly reject: DecodeReason }
    | { readonly entries: readonly VectorEntry[]; readonly unknownTlvs?: number };
}

export const captured = load<CapturedVector>('captured.json');
export const hostile = load<HostileVector>('hostile.json');

function load<T>(name: string): readonly T[] {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'));
}

export function keyOf({ keyFileHex }: { readonly keyFileHex: string | null }): SyncKey {
  return keyFileHex === null ? SyncKey.none() : SyncKey.fromBytes(Buffer.from(keyFileHex, 'hex'));
}

/** The entry to hand to the encoder, its strings as the very bytes. */
export function wireEntry(entry: VectorEntry): WireEntry {
  const { ip, timestamp } = entry;
  if (entry.type === 'grey') {
    return { type: 'grey', ip, timestamp, helo: hex(entry.heloHex), from: hex(entry.fromHex), to: hex(entry.toHex) };
  }
  if (entry.type === 'white' || entry.type === 'trapped') {
    return { type: entry.type, ip, timestamp, expires: entry.expires ?? Number.NaN };
  }
  // greyd fills in the expiry of a removal; an entry of ours has no such member, but one given goes on the wire.
  const removal = {
    type: entry.type,
    ip,
    timestamp,
    ...(entry.expires === undefined ? {} : { expires: entry.expires }),
  };
  return removal;
}

/** The entry that the decoder ought to give. */
export function decodedEntry(entry: VectorEntry): Entry {
  const { ip, timestamp } = entry;
  if (entry.type === 'grey') {
    return {
      type: 'grey',
      ip,
      helo: text(hex(entry.heloHex)),
      from: text(hex(entry.fromHex)),
      to: text(hex(entry.toHex)),
      timestamp,
    };
  }
  if (entry.type === 'white' || entry.type === 'trapped') {
    return { type: entry.type, ip, timestamp, expires: entry.expires ?? Number.NaN };
  }
  return { type: entry.type, ip, timestamp };
}

function hex(digits: string | undefined): Buffer {
  if (digits === undefined) throw new Error('a GREY vector without one of its strings');
  return Buffer.from(digits, 'hex');
}

/** UTF-8 where valid, else Latin-1: decoded by other means than the library's. */
function text(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return String.fromCharCode(...bytes);
  }
}
