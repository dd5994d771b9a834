import { systemCode } from '../errors.ts';

/**
 * Why a peer cannot be connected to:
 * - `name`: the name does not resolve;
 * - `nothing-listens`: the host answers, but nothing listens at the port;
 * - `unreachable`: there is no route to the host, or a packet filter reports that;
 * - `no-answer`: nothing comes back, for example because a packet filter drops the packets;
 * - `mute`: the host accepts the connection, and sends nothing;
 * - `closed`: the host accepts the connection, and ends it at once;
 * - `other-key`: the peer has none of the keys of this host;
 * - `other-protocol`: the program that listens there is not an exchange.
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

/** The error codes of the system and of OpenSSL, and the failure that each means. */
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

/** The error thrown while connecting to a peer, as a {@link ConnectError}. */
export function connectErrorOf(cause: unknown): ConnectError {
  if (cause instanceof ConnectError) return cause;
  const code = String(Object(cause).code ?? '');
  const [, failure] = CODES.find(([pattern]) => pattern.test(code)) ?? [undefined, 'closed' as const];
  return new ConnectError(failure, { cause });
}
