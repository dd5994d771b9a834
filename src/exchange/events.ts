import type { Entry, Source } from '../entry.ts';
import type { RoundReport } from './asking.ts';

/**
 * Something that an operator should look at. The exchange goes on.
 * - `WARN_SPAMD_EXCHANGE`: a peer cannot be connected to, connects without the key, or sent something invalid;
 * - `WARN_SPAMD_LISTENER`: a listener threw, or its promise rejected: a mistake of the program.
 */
export type ExchangeWarningCode = 'WARN_SPAMD_EXCHANGE' | 'WARN_SPAMD_LISTENER';

/** A warning of an exchange. */
export interface ExchangeWarning {
  /** Which warning it is; stable. */
  readonly code: ExchangeWarningCode;
  /** What happened, and why, in words. */
  readonly message: string;
  /** What was thrown. */
  readonly error: unknown;
}

/** The result of a round with a peer. */
export interface ExchangeRound extends RoundReport {
  /** The peer's address. */
  readonly address: string;
}

/** The events of an exchange. An error thrown by a listener stops nothing: it is emitted as a `warning`. */
export interface ExchangeEvents {
  /** The group, or another peer by its exchange, announced something. */
  entry: [entry: Entry, source: Source];
  /** A round ended: a peer was asked for what differs, and all that it sent is merged. */
  round: [round: ExchangeRound];
  /** Something that an operator should look at; the exchange goes on. */
  warning: [warning: ExchangeWarning];
}
