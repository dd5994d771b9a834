import { SpamdSyncError } from '../errors.ts';
import { badOption, isList } from '../validate.ts';
import type { Digest } from './hmac.ts';
import { SyncKey } from './key.ts';

/** A datagram that one of the keys signed. */
export interface Verified {
  /** The HMAC, 20 Latin-1 characters, one a byte. */
  readonly digest: Digest;
  /**
   * The place in the keyring, from 0, of the key that signed it. Above 0: the sender has not changed to the new key
   * yet.
   */
  readonly keyIndex: number;
}

/**
 * Several keys at once, so that the hosts of a group need not all change their key at the same time: the first key
 * signs, and any key is accepted. Add the new key as second everywhere, then put it first everywhere, then drop the old
 * one.
 */
export class Keyring {
  #keys: readonly SyncKey[];

  /**
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a value that is not a list, an empty list, and a list with
   * something that is not a `SyncKey`.
   */
  constructor(keys: Iterable<SyncKey>) {
    this.#keys = checked(keys);
  }

  /** The keys, the signing key first. */
  get keys(): readonly SyncKey[] {
    return this.#keys;
  }

  /** Changes the keys while running; takes effect with the next datagram. Throws as the constructor does. */
  replace(keys: Iterable<SyncKey>): void {
    this.#keys = checked(keys);
  }

  /** The digest that the first key gives a datagram of 36..1408 bytes, its own HMAC bytes counted as zero. */
  digest(datagram: Uint8Array): Digest {
    return (this.#keys[0] as SyncKey).digest(datagram);
  }

  /** The digest of a datagram of 36..1408 bytes, and which key signed it; `undefined` if none did. */
  verify(datagram: Uint8Array): Verified | undefined {
    for (let keyIndex = 0; keyIndex < this.#keys.length; keyIndex++) {
      const digest = (this.#keys[keyIndex] as SyncKey).verify(datagram);
      if (digest !== undefined) return { digest, keyIndex };
    }
    return undefined;
  }
}

/**
 * The value that was given as a key, if it is a key.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` if it is not. A program that wants no key must ask for `SyncKey.none()`
 * by name.
 */
export function checkedKey(key: SyncKey | Keyring): SyncKey | Keyring {
  if (key instanceof SyncKey || key instanceof Keyring) return key;
  if ((key as unknown) instanceof Promise) throw badOption('key', 'a promise: await it', key);
  throw new SpamdSyncError(
    'ERR_SPAMD_OPTION',
    'key: give a SyncKey or a Keyring; to run without authentication ask for it by name, SyncKey.none()',
  );
}

export function keysOf(key: SyncKey | Keyring): readonly SyncKey[] {
  return key instanceof Keyring ? key.keys : [key];
}

function checked(keys: Iterable<SyncKey>): readonly SyncKey[] {
  // The error shows nothing of the value: it may be the secret.
  if (!isList(keys)) throw new SpamdSyncError('ERR_SPAMD_OPTION', 'keys: not a list of SyncKey objects');
  const list = [...keys];
  if (list.length === 0) throw new SpamdSyncError('ERR_SPAMD_OPTION', 'keys: a keyring needs at least one key');
  const wrong = list.findIndex((key) => !(key instanceof SyncKey));
  if (wrong >= 0) throw new SpamdSyncError('ERR_SPAMD_OPTION', `keys[${wrong}]: not a SyncKey object`);
  return list;
}
