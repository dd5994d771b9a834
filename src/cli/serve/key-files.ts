import type { Timer } from '../../clock.ts';
import { systemClock } from '../../clock.ts';
import { Keyring, SyncKey } from '../../index.ts';

/** A key that is not in the files any more, and until when it is accepted, on the monotonic clock. */
interface Retired {
  readonly key: SyncKey;
  readonly until: number;
}

/**
 * The keyring of a daemon, from its key files. When the files are read again, a key that is not in them any more is
 * still accepted for an overlap, because the other hosts of the group change their keys at other moments.
 */
export class KeyFiles {
  readonly keyring: Keyring;
  readonly #paths: readonly string[];
  readonly #overlap: number;
  #current: readonly SyncKey[];
  #retired: readonly Retired[] = [];
  #timer: Timer | undefined;

  private constructor(paths: readonly string[], overlap: number, keys: readonly SyncKey[]) {
    this.#paths = paths;
    this.#overlap = overlap;
    this.#current = keys;
    this.keyring = new Keyring(keys);
  }

  /**
   * @param paths The key files, that of the key that signs first. If there are none, the key is the empty key.
   * @param overlap How long a key is accepted after it was replaced, seconds.
   */
  static async open(paths: readonly string[], overlap: number): Promise<KeyFiles> {
    return new KeyFiles(paths, overlap, await keysIn(paths));
  }

  /** Reads the keys that are in the files now, to be given to {@link use}. */
  read(): Promise<readonly SyncKey[]> {
    return keysIn(this.#paths);
  }

  /** Uses these keys from the next datagram on. The keys before are still accepted for the overlap. */
  use(keys: readonly SyncKey[]): void {
    const until = systemClock.monotonic() + this.#overlap;
    const replaced = this.#current.map((key) => ({ key, until }));
    this.#retired = [...replaced, ...this.#retired].filter(
      ({ key }, index, all) => !has(keys, key) && all.findIndex((one) => isSame(one.key, key)) === index,
    );
    this.#current = keys;
    this.#replace();
  }

  /** The keys that it signs with and accepts, by fingerprint. */
  get words(): string {
    const [first, ...others] = this.keyring.keys;
    const accepted = others.length === 0 ? '' : `; accepts ${others.map(({ fingerprint }) => fingerprint).join(', ')}`;
    return `signs with key ${first?.fingerprint}${accepted}`;
  }

  /** The warnings about the keys in the files, in words. */
  get warnings(): readonly string[] {
    return this.#current.flatMap(({ warnings }) => warnings);
  }

  close(): void {
    this.#timer?.cancel();
  }

  #replace(): void {
    this.#timer?.cancel();
    const now = systemClock.monotonic();
    this.#retired = this.#retired.filter(({ until }) => until > now);
    this.keyring.replace([...this.#current, ...this.#retired.map(({ key }) => key)]);
    const next = Math.min(...this.#retired.map(({ until }) => until));
    if (next < Infinity) this.#timer = systemClock.setTimer(next - now, () => this.#replace(), { unref: true });
  }
}

async function keysIn(paths: readonly string[]): Promise<readonly SyncKey[]> {
  if (paths.length === 0) return [SyncKey.none()];
  const keys = await Promise.all(paths.map((path) => SyncKey.fromFile(path)));
  return keys.filter((key, index) => keys.findIndex((one) => isSame(one, key)) === index);
}

function has(keys: readonly SyncKey[], key: SyncKey): boolean {
  return keys.some((one) => isSame(one, key));
}

function isSame(a: SyncKey, b: SyncKey): boolean {
  return a.fingerprint === b.fingerprint;
}
