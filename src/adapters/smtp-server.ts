import type { Attempt, Greylist, Verdict } from '../index.ts';
import { badOption, checkFunction, checkMembers, checkMethods } from '../validate.ts';

/** A sender or a recipient, as smtp-server parsed it. */
export interface EnvelopeAddress {
  /** Without its brackets; empty for the null sender. */
  readonly address: string;
}

/** What is needed of an `SMTPServerSession`. Declared here, so that this module's types need no other package's. */
export interface RcptToSession {
  /** The client's address. */
  readonly remoteAddress: string;
  /** The address that the client connected to. */
  readonly localAddress: string;
  /** The argument of HELO or EHLO. */
  readonly hostNameAppearsAs: string;
  /** The dialogue so far. */
  readonly envelope: {
    /** The sender; `false` before MAIL FROM. */
    readonly mailFrom: EnvelopeAddress | false;
  };
  /** Who logged in, if anybody did. */
  readonly user?: unknown;
}

/** Options of the handler. */
export interface GreylistRcptToOptions<Session extends RcptToSession = RcptToSession> {
  /** Whether clients that have logged in are greylisted too. Default `false`: they pass, unseen by the greylist. */
  readonly authenticated?: boolean | undefined;
  /** Told every verdict before the client is, for a log. What it throws is not caught. */
  readonly onVerdict?: ((verdict: Verdict, attempt: Attempt, session: Session) => void) | undefined;
}

/** What smtp-server takes as `onRcptTo`. */
export type RcptToHandler<Session extends RcptToSession = RcptToSession> = (
  address: EnvelopeAddress,
  session: Session,
  callback: (error?: Error | null) => void,
) => void;

/** What smtp-server makes a reply of: the code, then the message. */
class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly responseCode: number;

  /** @param reply With its code. */
  constructor(reply: string) {
    super(reply.slice(4));
    this.responseCode = Number(reply.slice(0, 3));
  }
}

/**
 * The greylist as a handler of RCPT TO for nodemailer's smtp-server: 250 for who may pass, 451 for who has to come back,
 * 550 for who is trapped.
 *
 * @example
 * const server = new SMTPServer({ authOptional: true, onRcptTo: greylistRcptTo(greylist), onData });
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for what has no method `check`, and for an invalid option.
 */
export function greylistRcptTo<Session extends RcptToSession = RcptToSession>(
  greylist: Pick<Greylist, 'check'>,
  options: GreylistRcptToOptions<Session> = {},
): RcptToHandler<Session> {
  checkMethods('greylist', greylist, ['check']);
  checkMembers('options', options, { authenticated: true, onVerdict: true });
  const { authenticated = false, onVerdict } = options;
  if (typeof authenticated !== 'boolean') throw badOption('authenticated', 'not true or false', authenticated);
  checkFunction('onVerdict', onVerdict);
  return (address, session, callback) => {
    if (session.user && !authenticated) {
      callback();
      return;
    }
    const attempt = attemptOf(address, session);
    void decide(greylist, attempt).then((verdict) => {
      try {
        onVerdict?.(verdict, attempt, session);
      } finally {
        // A hook that throws must not leave the client without a reply.
        callback(verdict.action === 'pass' ? null : new Refusal(verdict.reply));
      }
    });
  };
}

/** smtp-server would answer 550 to an error as it is, and a sender would give up for what is this host's mistake. */
async function decide(greylist: Pick<Greylist, 'check'>, attempt: Attempt): Promise<Verdict> {
  try {
    return await greylist.check(attempt);
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const reply = '451 4.3.0 Temporary local problem, please try again later';
    return { action: 'defer', reason: 'error', error, reply };
  }
}

function attemptOf(to: EnvelopeAddress, session: RcptToSession): Attempt {
  const { mailFrom } = session.envelope;
  return {
    ip: session.remoteAddress,
    helo: session.hostNameAppearsAs,
    from: mailFrom === false ? '<>' : asTyped(mailFrom),
    to: asTyped(to),
    connectedTo: session.localAddress,
  };
}

/** Octets of the longest domain in ASCII, RFC 5321 section 4.5.3.1.2, each character taking one of them or more. */
const MAX_DOMAIN = 255;

/**
 * An address as the client typed it and spamd keeps it: in brackets, its domain in ASCII. smtp-server decodes the
 * domain (`xn--bcher-kva.example`), so that neither the tuples of other hosts nor a spamtrap would match it. A domain
 * that is too long to be one stays as it is: to convert it costs the square of its length.
 */
function asTyped({ address }: EnvelopeAddress): string {
  const at = address.lastIndexOf('@') + 1;
  if (at === 0 || address.length - at > MAX_DOMAIN) return `<${address}>`;
  const url = `http://${address.slice(at)}`;
  const decoded = /[\u0080-\uffff]/.test(url) && URL.canParse(url);
  return decoded ? `<${address.slice(0, at)}${new URL(url).hostname}>` : `<${address}>`;
}
