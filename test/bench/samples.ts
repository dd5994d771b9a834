import type { Entry } from 'spamd-sync';
import { encodeDatagram, SyncKey } from 'spamd-sync/wire';

/** The bytes of the key file that everything here is signed with. */
export const KEY_FILE = Buffer.from('benchmark');

/** The same numbers in every run: a linear congruential generator, its better upper bits. */
export class Numbers {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0..limit-1 */
  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  /** From all over the address space, so that nothing kept by address or prefix is of help. */
  address(): string {
    return `${1 + this.below(223)}.${this.below(256)}.${this.below(256)}.${this.below(256)}`;
  }
}

export type Kind = 'white' | 'grey';

/** Entries as they come by: 1 or many to a datagram, no two datagrams alike. */
export function sampleEntries(kind: Kind, datagrams: number, perDatagram: number): Entry[][] {
  // No address of the one is among those of the other.
  const numbers = new Numbers(kind === 'white' ? 2025 : 2026);
  const now = Math.floor(Date.now() / 1000);
  const one = (): Entry =>
    kind === 'white'
      ? { type: 'white', ip: numbers.address(), timestamp: now, expires: now + numbers.below(36 * 86_400) }
      : {
          type: 'grey',
          ip: numbers.address(),
          helo: `mail${numbers.below(1e6)}.example.org`,
          from: `<sender${numbers.below(1e6)}@example.org>`,
          to: `<recipient${numbers.below(1e6)}@example.net>`,
          timestamp: now,
        };
  return Array.from({ length: datagrams }, () => Array.from({ length: perDatagram }, one));
}

/** The same, as datagrams, their counters rising from 0. */
export function signedDatagrams(
  kind: Kind,
  datagrams: number,
  perDatagram: number,
  key = SyncKey.fromBytes(KEY_FILE),
): Uint8Array[] {
  return sampleEntries(kind, datagrams, perDatagram).map((entries, counter) =>
    encodeDatagram(entries, { key, counter }),
  );
}
