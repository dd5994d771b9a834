/** Why the codec refused an incoming datagram, in the order in which the checks run. */
export type DecodeReason = 'short' | 'oversize' | 'version' | 'family' | 'length' | 'auth' | 'malformed';

/**
 * The stable codes of every error that this library throws on purpose. Messages may be reworded; codes do not change.
 * `docs/api.md` has a section for each.
 */
export type SpamdSyncErrorCode =
  | 'ERR_SPAMD_CLOSED'
  | 'ERR_SPAMD_DECODE'
  | 'ERR_SPAMD_FIELD'
  | 'ERR_SPAMD_FULL'
  | 'ERR_SPAMD_INTERFACE'
  | 'ERR_SPAMD_KEY_FILE'
  | 'ERR_SPAMD_KEY_MISSING'
  | 'ERR_SPAMD_LINE'
  | 'ERR_SPAMD_LISTEN'
  | 'ERR_SPAMD_OPTION'
  | 'ERR_SPAMD_OPTIONAL'
  | 'ERR_SPAMD_RESOLVE'
  | 'ERR_SPAMD_SEND'
  | 'ERR_SPAMD_SNAPSHOT'
  | 'ERR_SPAMD_STORE'
  | 'ERR_SPAMD_STORE_DAMAGED'
  | 'ERR_SPAMD_STORE_LOCKED'
  | 'ERR_SPAMD_TOO_LONG';

/** The base of every error thrown by this library: tell them apart by {@link SpamdSyncError.code}. */
export class SpamdSyncError extends Error {
  /** The name of the class. */
  override readonly name: string = 'SpamdSyncError';
  /** What went wrong; stable, see {@link SpamdSyncErrorCode}. */
  readonly code: SpamdSyncErrorCode;

  constructor(code: SpamdSyncErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A datagram that could not be decoded: `reason` says which check it failed, `offset` at which byte. */
export class DecodeError extends SpamdSyncError {
  override readonly name = 'DecodeError';
  /** The check that it failed. */
  readonly reason: DecodeReason;
  /** Bytes from the start of the datagram. */
  readonly offset: number;

  constructor(reason: DecodeReason, offset: number, detail: string) {
    super('ERR_SPAMD_DECODE', `${reason}: ${detail} (at byte ${offset})`);
    this.reason = reason;
    this.offset = offset;
  }
}

/**
 * An entry that cannot go on the wire: `field` names the member at fault, `index` the place of the entry in its list.
 */
export class EntryError extends SpamdSyncError {
  override readonly name = 'EntryError';
  /** The member at fault. */
  readonly field: string;
  /** The value of that member. */
  readonly value: unknown;
  /** The place of the entry in the list, from 0; `undefined` if no list was given. */
  readonly index: number | undefined;

  constructor(field: string, value: unknown, index: number | undefined, detail: string) {
    const where = index === undefined ? '' : `entry ${index}: `;
    super('ERR_SPAMD_FIELD', `${where}${field} ${detail}: ${shown(value)}`);
    this.field = field;
    this.value = value;
    this.index = index;
  }
}

/** A line of a text that cannot be read: `line` counts from 1, `detail` says what is wrong with the line. */
export class LineError extends SpamdSyncError {
  override readonly name = 'LineError';
  /** The line, from 1. */
  readonly line: number;
  /** What is wrong with the line, in words. */
  readonly detail: string;

  constructor(line: number, detail: string) {
    super('ERR_SPAMD_LINE', `line ${line}: ${detail}`);
    this.line = line;
    this.detail = detail;
  }
}

/**
 * A snapshot that is cut short or changed, or bytes that are not a snapshot: `offset` says where the sound part ends.
 * Nothing of the snapshot was applied.
 */
export class SnapshotError extends SpamdSyncError {
  override readonly name = 'SnapshotError';
  /** Bytes from the start of the snapshot. */
  readonly offset: number;

  constructor(offset: number, detail: string, options?: ErrorOptions) {
    super('ERR_SPAMD_SNAPSHOT', `${detail} (at byte ${offset})`, options);
    this.offset = offset;
  }
}

/** A value as an error message may show it: quoted, control characters escaped, at most 80 characters. */
export function shown(value: unknown): string {
  const text = textOf(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Does not call the object's own `toString`: the object may have none, or one that returns any text. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return '<a function>';
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof URL) return JSON.stringify(value.href);
  if (value instanceof Uint8Array) return `<${value.length} bytes>`;
  return Array.isArray(value) ? `<a list of ${value.length}>` : Object.prototype.toString.call(value);
}

/** The system's error code (`ENOENT`, `EADDRINUSE`, …) of something caught, if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

const PORT_REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'the port is in use',
  EADDRNOTAVAIL: 'no interface of this host has that address',
  ENOTFOUND: 'there is no such host',
};

/** The reason why listening on an address and port failed, in words. */
export function portReason(cause: unknown): string {
  const code = systemCode(cause);
  return PORT_REASONS[code ?? ''] ?? code ?? String(cause);
}
