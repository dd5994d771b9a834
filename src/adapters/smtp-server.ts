import { type Clock, timedClock } from '../clock.ts';
import { type Attempt, attemptFrom, type Greylist, type Verdict } from '../index.ts';
import { badOption, checkFunction, checkMembers, checkMethods } from '../validate.ts';
import { oneLine } from './common/text.ts';
import { xGreylist } from './common/x-greylist.ts';

/** A sender or a recipient, as smtp-server parsed it. */
export interface EnvelopeAddress {
  /** The address without its brackets; empty for the null sender. */
  readonly address: string;
}

/**
 * The part of an `SMTPServerSession` that is used. Declared here, so that the types of this module need no other
 * package.
 */
export interface RcptToSession {
  /** The client's address. Behind a proxy (`useProxy`, `useXClient`) it is what the proxy says. */
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
  /** The user that has logged in, if any; also by XCLIENT. */
  readonly user?: unknown;
  /** The attributes that XCLIENT gave. */
  readonly xClient?: Pick<ReadonlyMap<string, unknown>, 'has'> | undefined;
}

/** Options of the handler. */
export interface GreylistRcptToOptions<Session extends RcptToSession = RcptToSession> {
  /**
   * Whether clients that have logged in are greylisted too. Default `false`: they pass, and the greylist is not asked.
   */
  readonly authenticated?: boolean | undefined;
  /** Called with every verdict, before the client gets its reply; for a log. Errors that it throws are not caught. */
  readonly onVerdict?: ((verdict: Verdict, attempt: Attempt, session: Session) => void) | undefined;
  /**
   * The reply to a client that does not pass, instead of that of the verdict: a code 4yz or 5yz, a space, a text.
   * `undefined` for the reply of the verdict.
   */
  readonly reply?: ((verdict: Verdict, attempt: Attempt) => string | undefined) | undefined;
  /** The clock, for the date of the header field. Default: the system's. */
  readonly clock?: Clock | undefined;
}

/** What smtp-server takes as `onRcptTo`. */
export type RcptToHandler<Session extends RcptToSession = RcptToSession> = (
  address: EnvelopeAddress,
  session: Session,
  callback: (error?: Error | null) => void,
) => void;

/** An error of which smtp-server makes a reply: the code, then the message. */
class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly responseCode: number;

  /** @param reply A reply, with its code. */
  constructor(reply: string) {
    super(reply.slice(4));
    this.responseCode = Number(reply.slice(0, 3));
  }
}

/**
 * The greylist as a handler of RCPT TO for nodemailer's smtp-server: 250 if the client may pass, 451 if it has to come
 * back, 550 if it is trapped. A client without an IP address, as on a Unix socket, passes.
 *
 * @example
 * const server = new SMTPServer({ authOptional: true, onRcptTo: greylistRcptTo(greylist), onData });
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a greylist without a method `check`, and for an invalid option.
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

/** The value of the header field of a message, by its envelope. smtp-server makes a new envelope for each message. */
const delays = new WeakMap<object, string>();

/**
 * The header field of a message that was delayed: `X-Greylist: delayed 1502 seconds by spamd-sync; …` with its CRLF.
 * `onData` has to put it in front of the message. Empty for any other message.
 */
export function greylistHeader({ envelope }: Pick<RcptToSession, 'envelope'>): string {
  const value = delays.get(envelope);
  return value === undefined ? '' : `X-Greylist: ${value}\r\n`;
}

/** Whether a text can be sent to a client as a reply. smtp-server makes one line of it. */
function isReply(reply: string | undefined): reply is string {
  return reply !== undefined && /^[45]\d\d [^\r\n]+$/.test(reply);
}

/**
 * Never rejects: smtp-server would answer 550 to the error, and a sender would give up because of a mistake of this
 * host.
 */
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
    // With XCLIENT this is the address that the proxy connected to, not the one that the client connected to.
    connectedTo: session.xClient?.has('ADDR') ? undefined : session.localAddress,
  });
}

/** Octets of the longest domain in ASCII, RFC 5321 section 4.5.3.1.2. Each character takes one octet or more. */
const MAX_DOMAIN = 255;

/**
 * An address as the client typed it and as spamd keeps it: in brackets, with its domain in ASCII. smtp-server decodes
 * the domain (`xn--bcher-kva.example`). Without this, neither the tuples of other hosts nor a spamtrap would match it.
 * A domain that is longer than any valid one stays as it is, because a conversion costs the square of its length.
 */
function asTyped({ address }: EnvelopeAddress): string {
  const at = address.lastIndexOf('@') + 1;
  if (at === 0 || address.length - at > MAX_DOMAIN) return `<${address}>`;
  const url = `http://${address.slice(at)}`;
  const decoded = /[\u0080-\uffff]/.test(url) && URL.canParse(url);
  return decoded ? `<${address.slice(0, at)}${new URL(url).hostname}>` : `<${address}>`;
}
