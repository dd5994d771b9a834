/**
 * Trouble that an operator should look at, though the greylist goes on:
 * - `WARN_SPAMD_STORE`: the store failed or was too slow, and `policy.onError` answered, or something received is lost;
 * - `WARN_SPAMD_ANNOUNCE`: something could not be announced to the group;
 * - `WARN_SPAMD_LISTENER`: a listener threw, or its promise rejected: the program's own mistake.
 */
export type GreylistWarningCode = 'WARN_SPAMD_STORE' | 'WARN_SPAMD_ANNOUNCE' | 'WARN_SPAMD_LISTENER';

/** A warning of a greylist. */
export interface GreylistWarning {
  /** Which warning it is; stable. */
  readonly code: GreylistWarningCode;
  /** What happened, and why, in words. */
  readonly message: string;
  /** What was thrown. */
  readonly error: unknown;
}

/** The events of a greylist. An error that a listener throws stops nothing: it becomes a `warning`. */
export interface GreylistEvents {
  /** Something that an operator should look at; the greylist goes on. */
  warning: [warning: GreylistWarning];
}
