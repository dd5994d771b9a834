import { type Clock, timedClock } from '../clock.ts';
import { type Attempt, attemptFrom, type Greylist, type Verdict } from '../index.ts';
import { badOption, checkFunction, checkMembers, checkMethods } from '../validate.ts';
import { oneLine } from './common/text.ts';
import { xGreylist } from './common/x-greylist.ts';

/** A sender or a recipient, as smtp-server parsed it. */
export interface EnvelopeAddress {
  /** Without its brackets; empty for the null sender. */
  readonly address: string;
}

/** What is needed of an `SMTPServerSession`. Declared here, so that this module's types need no other package's. */
export interface RcptToSession {
  /** The client's address: as a proxy (`useProxy`, `useXClient`) says, where there is one. */
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
  /** Who logged in, if anybody did; also by XCLIENT. */
  readonly user?: unknown;
  /** What XCLIENT said. */
  readonly xClient?: Pick<ReadonlyMap<string, unknown>, 'has'> | undefined;
}

/** Options of the handler. */
export interface GreylistRcptToOptions<Session extends RcptToSession = RcptToSession> {
  /** Whether clients that have logged in are greylisted too. Default `false`: they pass, unseen by the greylist. */
  readonly authenticated?: boolean | undefined;
  /** Told every verdict before the client is, for a log. What it throws is not caught. */
  readonly onVerdict?: ((verdict: Verdict, attempt: Attempt, session: Session) => void) | undefined;
  /**
   * The reply to who does not pass, in place of the verdict's: a code 4yz or 5yz, a space, a text. `undefined` for the
   * verdict's.
   */
  readonly reply?: ((verdict: Verdict, attempt: Attempt) => string | undefined) | undefined;
  /** For the date of the header field. Default the system's. */
  readonly clock?: Clock | undefined;
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
 * 550 for who is trapped. A client without an IP address, as on a Unix socket, passes.
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
  checkMembers('options', options, { authenticated: true, onVerdict: true, reply: true, clock: true });
  const { authenticated = false, onVerdict, reply } = options;
  if (typeof authenticated !== 'boolean') throw badOption('authenticated', 'not true or false', authenticated);
  checkFunction('onVerdict', onVerdict);
  checkFunction('reply', reply);
  const clock = timedClock(options.clock);
  return (address, session, callback) => {
    const attempt = session.user && !authenticated ? undefined : attemptOf(address, session);
    if (attempt === undefined) {
      callback();
      return;
    }
    void decide(greylist, attempt).then((verdict) => {
      if (verdict.reason === 'retry') delays.set(session.envelope, xGreylist(verdict.waited, clock.now()));
      let own: string | undefined;
      try {
        onVerdict?.(verdict, attempt, session);
        own = verdict.action === 'pass' ? undefined : reply?.(verdict, attempt);
      } finally {
        // A hook that throws must not leave the client without a reply.
        callback(verdict.action === 'pass' ? null : new Refusal(isReply(own) ? own : oneLine(verdict.reply)));
      }
    });
  };
}

/** What to say in the header of a message, by its envelope, which smtp-server makes anew for each. */
const delays = new WeakMap<object, string>();

/**
 * The header field of a message that was delayed, for `onData` to put in front of it: `X-Greylist: delayed 1502 seconds by
 * spamd-sync; …` with its CRLF. Empty for any other message.
 */
export function greylistHeader({ envelope }: Pick<RcptToSession, 'envelope'>): string {
  const value = delays.get(envelope);
  return value === undefined ? '' : `X-Greylist: ${value}\r\n`;
}

/** Whether a client can be sent it: smtp-server makes one line of it. */
function isReply(reply: string | undefined): reply is string {
  return reply !== undefined && /^[45]\d\d [^\r\n]+$/.test(reply);
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

function attemptOf(to: EnvelopeAddress, session: RcptToSession): Attempt | undefined {
  const { mailFrom } = session.envelope;
  return attemptFrom({
    ip: session.remoteAddress,
    helo: session.hostNameAppearsAs,
    from: mailFrom === false ? '<>' : asTyped(mailFrom),
    to: asTyped(to),
    // Behind XCLIENT it is where the proxy connected to, which says nothing of the client.
    connectedTo: session.xClient?.has('ADDR') ? undefined : session.localAddress,
  });
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
