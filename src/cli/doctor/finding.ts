/** What a check found. `bad`: the operator has to do something. `warning`: the operator should look at it. */
export interface Finding {
  /** Which check: stable, for scripts. */
  readonly check: Check;
  readonly severity: 'ok' | 'warning' | 'bad';
  /** The host, target, file or interface that it is about. */
  readonly about: string | undefined;
  /** What was found, in words. */
  readonly message: string;
  /** What to do about it; `undefined` for nothing. */
  readonly remedy: string | undefined;
}

/** The checks of this host, and then those of the other hosts. */
export type Check =
  | 'options'
  | 'key'
  | 'interface'
  | 'port'
  | 'buffer'
  | 'own-address'
  | 'counters'
  | 'target'
  | 'echo'
  | 'exchange-port'
  | 'exchange'
  | 'heard'
  | 'silent'
  | 'wrong-key'
  | 'skewed'
  | 'other-version'
  | 'other-group'
  | 'not-allowed';

export function finding(
  check: Check,
  severity: Finding['severity'],
  about: string | undefined,
  message: string,
  remedy?: string,
): Finding {
  return { check, severity, about, message, remedy };
}
