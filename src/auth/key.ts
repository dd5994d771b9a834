import { createHash, hkdfSync } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { SpamdSyncError, shown, systemCode } from '../errors.ts';
import { notMadeByNew } from '../validate.ts';
import { carries, DatagramHmac, type Digest } from './hmac.ts';

const OTHERS_MAY_READ = 0o004;
const SHA1_OF_NOTHING = createHash('sha1').digest('hex');

/**
 * The shared key of a sync group. spamd's HMAC key is not the key file but the 40 hexadecimal digits of its SHA-1.
 * The key itself cannot be read back, printed or serialized.
 */
export class SyncKey {
  readonly #hmac: DatagramHmac;
  readonly #fingerprint: string;
  readonly #secret: string;
  /** Whether this key authenticates anything: `false` only for {@link SyncKey.none}. */
  readonly authenticates: boolean;
  /** What is wrong with the key, in words; a `SyncPeer` repeats each as a `warning` event. */
  readonly warnings: readonly string[];
  private constructor(hmac: DatagramHmac, secret: string, authenticates: boolean, warnings: readonly string[]) {
    // A program without type checks can call this, and would get a key that is made of something else.
    if (!(hmac instanceof DatagramHmac)) {
      throw notMadeByNew('SyncKey', 'SyncKey.fromFile(), SyncKey.fromBytes() or SyncKey.none()');
    }
    this.#hmac = hmac;
    this.#fingerprint = fingerprintOf(secret);
    this.#secret = secret;
    this.authenticates = authenticates;
    this.warnings = warnings;
  }

  /**
   * Four groups of four hexadecimal digits, by which two hosts can compare their keys without showing them. It is not
   * the SHA-1 of the key file, which is the key itself. If a key is easy to guess, it can be guessed from its
   * fingerprint.
   */
  get fingerprint(): string {
    return this.#fingerprint;
  }

  /**
   * The key in a file, `/etc/mail/spamd.key` for spamd, `/etc/greyd/greyd.key` for greyd. The file is read as a stream.
   * Each of its bytes counts, a trailing newline too.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_KEY_MISSING` if there is no such file, `ERR_SPAMD_KEY_FILE` if the path is a
   * directory or device, or cannot be read; the system's error is the `cause`.
   */
  static async fromFile(path: string): Promise<SyncKey> {
    const name = shown(path);
    try {
      const about = await stat(path);
      if (about.isDirectory()) throw keyFileError(`key file ${name} is a directory`);
      if (!about.isFile() && !about.isFIFO()) throw keyFileError(`key file ${name} is not a file`);
      const sha1 = createHash('sha1');
      for await (const chunk of createReadStream(path)) sha1.update(chunk);
      const open = about.isFile() && (about.mode & OTHERS_MAY_READ) !== 0;
      const warnings = open ? [`key file ${name} can be read by every user of this host: chmod o-r it`] : [];
      return SyncKey.#of(sha1.digest('hex'), `key file ${name}`, warnings);
    } catch (cause) {
      if (cause instanceof SpamdSyncError) throw cause;
      const code = systemCode(cause);
      if (code === 'ENOENT' || code === 'ENOTDIR') {
        throw new SpamdSyncError('ERR_SPAMD_KEY_MISSING', `there is no key file ${name}`, { cause });
      }
      const why = code === 'EACCES' ? 'permission denied' : (code ?? String(cause));
      throw keyFileError(`key file ${name} cannot be read: ${why}`, cause);
    }
  }

  /**
   * The key that a file with these bytes holds. An empty file is a key too, but one that everybody has.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a value that is not bytes.
   */
  static fromBytes(keyFileBytes: Uint8Array): SyncKey {
    // The error does not show the value: it may be the secret. A string is refused too, and not taken for the bytes of
    // the key: it may be the path of the file.
    if (!(keyFileBytes instanceof Uint8Array)) {
      const what = 'keyFileBytes: not a Uint8Array of what the key file holds; SyncKey.fromFile() takes a path';
      throw new SpamdSyncError('ERR_SPAMD_OPTION', what);
    }
    return SyncKey.#of(createHash('sha1').update(keyFileBytes).digest('hex'), 'the key file', []);
  }

  /**
   * No key, as in a spamd without a key file: datagrams carry an HMAC under the empty key, which anybody can compute.
   * It authenticates nothing, so it is for a trusted network only. See `docs/security.md`.
   */
  static none(): SyncKey {
    const warning = 'no key: whoever can send this host a datagram can write to its greylist';
    return new SyncKey(new DatagramHmac(new Uint8Array()), '', false, [warning]);
  }

  static #of(sha1: string, file: string, warnings: readonly string[]): SyncKey {
    const empty = sha1 === SHA1_OF_NOTHING ? [`${file} is empty: that is a key that everybody knows`] : [];
    const hmac = new DatagramHmac(Buffer.from(sha1, 'latin1'));
    return new SyncKey(hmac, sha1, true, [...empty, ...warnings]);
  }

  /** The digest that this key gives a datagram of 36..1408 bytes, its own HMAC bytes counted as zero. */
  digest(datagram: Uint8Array): Digest {
    return this.#hmac.digest(datagram);
  }

  /**
   * 32 bytes derived from the key (HKDF of RFC 5869 with SHA-256), a different secret for each purpose. They reveal
   * neither the key nor the secret of another purpose.
   *
   * @param label The purpose.
   */
  derived(label: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#secret, '', label, 32));
  }

  /** The digest of a datagram of 36..1408 bytes, if this key signed it. */
  verify(datagram: Uint8Array): Digest | undefined {
    const digest = this.#hmac.digest(datagram);
    return carries(datagram, digest) ? digest : undefined;
  }
}

/** Part of a SHA-256 with a label of its own, so that a fingerprint is of no use except for comparison. */
function fingerprintOf(hmacKey: string): string {
  const digest = createHash('sha256').update('spamd-sync fingerprint\0').update(hmacKey).digest('hex');
  return [0, 4, 8, 12].map((at) => digest.slice(at, at + 4)).join('-');
}

function keyFileError(message: string, cause?: unknown): SpamdSyncError {
  return new SpamdSyncError('ERR_SPAMD_KEY_FILE', message, { cause });
}
