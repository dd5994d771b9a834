import { type Attempt, attemptFrom, type Greylist, type Reported, type Verdict } from '../index.ts';
import { checkFunction, checkMembers, checkMethods } from '../validate.ts';
import { oneLine, textOf } from './common/text.ts';

/** Options of an `OpensmtpdFilter`. */
export interface OpensmtpdFilterOptions {
  /** Writes a line, with its newline, to smtpd. Nothing else may be written there: a stray line ends smtpd. */
  readonly write: (line: string) => void;
  /**
   * Called with every verdict before smtpd gets it; for a log. Its errors are ignored, because smtpd ends if a filter
   * ends.
   */
  readonly onVerdict?: ((verdict: Verdict, attempt: Attempt) => void) | undefined;
}

/** Counters since a filter was made. They only ever grow, except for `sessions`. */
export interface OpensmtpdFilterStats {
  /** Recipients that smtpd asked about. */
  readonly asked: number;
  /** Recipients that passed. */
  readonly proceeded: number;
  /** Recipients that were deferred or rejected. */
  readonly rejected: number;
  /** Sessions that are known; a gauge. */
  readonly sessions: number;
  /** Sessions that were forgotten because 16,384 others are newer. Their recipients pass. */
  readonly forgotten: number;
  /** Lines of more than 4096 bytes. The rest of each was dropped. */
  readonly cut: number;
}

/** The longest line, bytes. The longest part of one is the argument of HELO, for which OpenSMTPD has room for 2048. */
const MAX_LINE = 4096;
const MAX_SESSIONS = 16_384;
/** How many characters of a string a session keeps. RFC 5321 section 4.5.3.1 gives a path 256 octets, a domain 255. */
const MAX_STRING = 512;
const LF = 0x0a;

const EVENTS = ['link-connect', 'link-identify', 'link-auth', 'link-disconnect', 'tx-mail'] as const;
const REGISTRATION = [
  ...EVENTS.map((event) => `register|report|smtp-in|${event}`),
  'register|filter|smtp-in|rcpt-to',
  'register|ready',
];

/** A connected client, as far as smtpd has reported it. */
interface Session {
  ip: string;
  connectedTo: string;
  helo: string;
  from: string;
  isAuthenticated: boolean;
  isOver: boolean;
}

/**
 * The greylist as a filter of OpenSMTPD. It reads the lines that smtpd(8) writes to a filter, see smtpd-filters(7),
 * protocol 0.4 to 0.7, and answers for each recipient. Clients that have logged in pass, and so do clients without an
 * IP address.
 *
 * smtpd waits for an answer for ever. So `check` must answer in time, as that of `Greylist` and that of
 * `RemoteGreylist` do. If
 * `check` rejects, the recipient passes.
 *
 * @example
 * const filter = new OpensmtpdFilter(greylist, { write: (line) => process.stdout.write(line) });
 * process.stdin.on('data', (chunk) => filter.push(chunk));
 */
export class OpensmtpdFilter {
  readonly #greylist: Pick<Greylist, 'check'>;
  readonly #write: (line: string) => void;
  readonly #onVerdict: OpensmtpdFilterOptions['onVerdict'];
  readonly #sessions = new Map<string, Session>();
  readonly #lines = new LineReader();
  #isRegistered = false;
  #asked = 0;
  #proceeded = 0;
  #rejected = 0;
  #forgotten = 0;

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a greylist without a method `check`, and for an invalid option. */
  constructor(greylist: Pick<Greylist, 'check'>, options: OpensmtpdFilterOptions) {
    checkMethods('greylist', greylist, ['check']);
    checkMembers('options', options, { write: true, onVerdict: true });
    checkMethods('options', options, ['write']);
    checkFunction('onVerdict', options.onVerdict);
    this.#greylist = greylist;
    this.#write = options.write;
    this.#onVerdict = options.onVerdict;
  }

  /** Takes bytes that smtpd wrote. A chunk may begin and end anywhere in a line. Never throws. */
  push(chunk: Uint8Array): void {
    for (const line of this.#lines.push(chunk)) this.#take(line);
  }

  /** The counters so far. */
  stats(): OpensmtpdFilterStats {
    return {
      asked: this.#asked,
      proceeded: this.#proceeded,
      rejected: this.#rejected,
      sessions: this.#sessions.size,
      forgotten: this.#forgotten,
      cut: this.#lines.cut,
    };
  }

  #take(line: string): void {
    // Registers only once: the lines of a second registration would be stray lines, which end smtpd.
    if (line === 'config|ready' && !this.#isRegistered) {
      this.#isRegistered = true;
      for (const one of REGISTRATION) this.#write(`${one}\n`);
    }
    const [kind, version = '', , , event = '', ...rest] = line.split('|');
    if (kind === 'report') this.#report(minorOf(version), event, rest);
    else if (kind === 'filter') this.#filter(minorOf(version), rest);
  }

  #report(minor: number, event: string, [id = '', ...rest]: readonly string[]): void {
    if (event === 'link-connect') {
      const [, , ip = '', connectedTo = ''] = rest;
      this.#begin(id, { ip, connectedTo, helo: '', from: '', isAuthenticated: false, isOver: false });
    }
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    if (event === 'link-disconnect') {
      session.isOver = true;
      this.#sessions.delete(id);
    } else if (event === 'link-identify') session.helo = cut(heloOf(rest));
    else if (event === 'link-auth') session.isAuthenticated ||= resultOf(minor < 7, rest) === 'pass';
    else if (event === 'tx-mail') {
      const [, ...fields] = rest;
      const address = (minor < 6 ? fields.slice(0, -1) : fields.slice(1)).join('|');
      if (resultOf(minor < 6, fields) === 'ok') session.from = cut(address);
    }
  }

  #begin(id: string, session: Session): void {
    this.#sessions.set(id, session);
    const [oldest = ''] = this.#sessions.keys();
    if (this.#sessions.size <= MAX_SESSIONS) return;
    this.#sessions.delete(oldest);
    this.#forgotten++;
  }

  #filter(minor: number, [one = '', other = '', ...address]: readonly string[]): void {
    const session = this.#sessions.get(minor < 5 ? other : one);
    this.#asked++;
    void this.#decide(session, address.join('|')).then((verdict) => {
      if (verdict === undefined || verdict.action === 'pass') this.#proceeded++;
      else this.#rejected++;
      // smtpd does not know a session any more that has ended meanwhile. It finds its request by both ids, in its own
      // order.
      if (session?.isOver !== true) this.#write(`filter-result|${one}|${other}|${decisionOf(verdict)}\n`);
    });
  }

  /** @returns `undefined` for a client that is not greylisted. Never rejects. */
  async #decide(session: Session | undefined, to: string): Promise<Verdict | undefined> {
    const attempt = session === undefined ? undefined : attemptOf(session, to);
    if (attempt === undefined) return undefined;
    let verdict: Verdict;
    try {
      verdict = await this.#greylist.check(attempt);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      verdict = { action: 'pass', reason: 'error', error };
    }
    try {
      this.#onVerdict?.(verdict, attempt);
    } catch {}
    return verdict;
  }
}

function cut(text: string): string {
  return text.slice(0, MAX_STRING);
}

/** The minor version of protocol 0.x. Any other version counts as the newest. */
function minorOf(version: string): number {
  const [, minor] = /^0\.(\d+)$/.exec(version) ?? [];
  return minor === undefined ? Number.POSITIVE_INFINITY : Number(minor);
}

/**
 * The result of a command. It is after the argument in earlier versions of the protocol, and before it in later ones.
 */
function resultOf(isLast: boolean, fields: readonly string[]): string | undefined {
  return isLast ? fields.at(-1) : fields[0];
}

/** The argument of HELO or EHLO. The name of the command is before it, except in early versions of the protocol. */
function heloOf(fields: readonly string[]): string {
  const [method = '', ...argument] = fields;
  return (/^(HELO|EHLO)$/i.test(method) && argument.length > 0 ? argument : fields).join('|');
}

function attemptOf({ ip, helo, from, connectedTo, isAuthenticated }: Session, to: string): Attempt | undefined {
  const reported: Reported = { ip, helo, from, to, connectedTo };
  return isAuthenticated ? undefined : attemptFrom(reported);
}

function decisionOf(verdict: Verdict | undefined): string {
  if (verdict === undefined || verdict.action === 'pass') return 'proceed';
  // A newline would begin another line, which would end smtpd.
  return `reject|${oneLine(verdict.reply)}`;
}

/** Puts lines together from the chunks that a pipe gives. Holds at most {@link MAX_LINE} bytes. */
class LineReader {
  readonly #held = Buffer.allocUnsafe(MAX_LINE);
  #length = 0;
  #isOver = false;
  /** How many lines were too long. */
  cut = 0;

  *push(chunk: Uint8Array): Generator<string, void> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let at = 0; at < bytes.length; ) {
      const end = bytes.indexOf(LF, at);
      this.#hold(bytes.subarray(at, end < 0 ? bytes.length : end));
      if (end < 0) return;
      yield this.#line();
      at = end + 1;
    }
  }

  #hold(part: Buffer): void {
    const room = MAX_LINE - this.#length;
    this.#isOver ||= part.length > room;
    this.#length += part.copy(this.#held, this.#length, 0, Math.min(part.length, room));
  }

  #line(): string {
    const text = textOf(this.#held.subarray(0, this.#length));
    if (this.#isOver) this.cut++;
    this.#length = 0;
    this.#isOver = false;
    return text;
  }
}
