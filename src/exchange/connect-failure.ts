import { systemCode } from '../errors.ts';

/**
 * Why a peer cannot be connected to:
 * - `name`: its name does not resolve;
 * - `nothing-listens`: the host is there, and nothing listens at the port;
 * - `unreachable`: there is no way to it, or a packet filter says so;
 * - `no-answer`: nothing comes back, as where a packet filter drops what is sent;
 * - `mute`: it takes the connection, and says nothing;
 * - `closed`: it takes the connection and ends it at once;
 * - `other-key`: it has none of the keys of this host;
 * - `other-protocol`: what listens there is no exchange.
 */
export type ConnectFailure =
  | 'name'
  | 'nothing-listens'
  | 'unreachable'
  | 'no-answer'
  | 'mute'
  | 'closed'
  | 'other-key'
  | 'other-protocol';

const WORDS: Readonly<Record<ConnectFailure, string>> = {
  name: 'the name does not resolve',
  'nothing-listens': 'nothing listens there',
  unreachable: 'there is no way to it',
  'no-answer': 'no answer',
  mute: 'it takes the connection, and says nothing',
  closed: 'it ends the connection at once',
  'other-key': 'it has another key',
  'other-protocol': 'what listens there is no exchange of state',
};

/** What the system and OpenSSL say of it. */
const CODES: readonly (readonly [RegExp, ConnectFailure])[] = [
  [/^(ENOTFOUND|EAI_\w+)$/, 'name'],
  [/^ECONNREFUSED$/, 'nothing-listens'],
  [/^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EACCES|EPERM|EADDRNOTAVAIL|EINVAL)$/, 'unreachable'],
  [/^ETIMEDOUT$/, 'no-answer'],
  [/^(ECONNRESET|EPIPE)$/, 'closed'],
  [/^ERR_SSL_\w*(PSK_IDENTITY|BAD_RECORD_MAC|DECRYPT_ERROR)/, 'other-key'],
  [/^ERR_SSL_/, 'other-protocol'],
];

/** A peer that cannot be connected to, and why. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  readonly failure: ConnectFailure;

  constructor(failure: ConnectFailure, options?: ErrorOptions) {
    const code = failure === 'unreachable' ? systemCode(options?.cause) : undefined;
    super(code === undefined ? WORDS[failure] : `${WORDS[failure]} (${code})`, options);
    this.failure = failure;
  }
}

/** What was thrown while a peer was connected to, as why it cannot be. */
export function connectErrorOf(cause: unknown): ConnectError {
  if (cause instanceof ConnectError) return cause;
  const code = String(Object(cause).code ?? '');
  const [, failure] = CODES.find(([pattern]) => pattern.test(code)) ?? [undefined, 'closed' as const];
  return new ConnectError(failure, { cause });
}
