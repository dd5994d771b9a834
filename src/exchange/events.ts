import type { Entry, Source } from '../entry.ts';
import type { RoundReport } from './asking.ts';

/**
 * What an operator should look at, though the exchange goes on:
 * - `WARN_SPAMD_EXCHANGE`: a peer cannot be connected to, comes in without the key, or sent what is not of the protocol;
 * - `WARN_SPAMD_LISTENER`: a listener threw, or its promise rejected: the program's own mistake.
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

/** What a round with a peer came to. */
export interface ExchangeRound extends RoundReport {
  /** The peer's address. */
  readonly address: string;
}

/** The events of an exchange. What a listener throws stops nothing: it is a `warning`. */
export interface ExchangeEvents {
  /** The group, or another peer by its exchange, announced something. */
  entry: [entry: Entry, source: Source];
  /** A peer was asked for what differs, and all of that is merged. */
  round: [round: ExchangeRound];
  /** Something that an operator should look at; the exchange goes on. */
  warning: [warning: ExchangeWarning];
}
