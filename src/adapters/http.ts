import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, type TimedClock, timedClock } from '../clock.ts';
import { attemptFrom, type Greylist, type Verdict } from '../index.ts';
import { checkMembers, checkMethods } from '../validate.ts';
import { xGreylist } from './common/x-greylist.ts';
import { type HttpAnswer, type HttpRefusal, jsonAnswer, Refused, refusal } from './http/answers.ts';
import { type Question, questionIn } from './http/json.ts';
import { nginxAnswer, nginxRequestIn, refusedLogin } from './http/nginx.ts';

export type { HttpRefusal } from './http/answers.ts';

/** Options of an `HttpCheck`. */
export interface HttpCheckOptions {
  /** The clock, for the date of the header field. Default: the system's. */
  readonly clock?: Clock | undefined;
}

/** Counters since an `HttpCheck` was made. They only ever grow. */
export interface HttpCheckStats {
  /** Requests that came in. */
  readonly requests: number;
  /** Strings that were longer than 2048 characters, and were cut. */
  readonly cut: number;
  /**
   * Requests that passed or were refused without asking the greylist. `address`: the client has no IP address. `login`:
   * nginx asked whether a client may log in.
   */
  readonly skipped: Readonly<Record<'address' | 'login', number>>;
  /**
   * Requests that were refused. `method`: another method than GET and POST. `type`: a body that is not
   * `application/json`.
   * `oversize`: a body over 256 KiB. `malformed`: a body that is not a JSON object. `field`: a member or a header field
   * that is missing or of the wrong kind.
   */
  readonly refused: Readonly<Record<HttpRefusal, number>>;
  /** Requests whose client went away before it had sent all of it. */
  readonly aborted: number;
}

/** The answer to a POST, as JSON. */
export interface HttpVerdict {
  /** What to do with the message. */
  readonly action: Verdict['action'];
  /** The reason of the verdict, or `no-address` for a client that has no IP address and therefore passes. */
  readonly reason: Verdict['reason'] | 'no-address';
  /** A complete SMTP reply, code and enhanced code first; every answer but `pass` has one. */
  readonly reply?: string | undefined;
  /** How many seconds from now a retry passes. */
  readonly retryAfter?: number | undefined;
  /** Until when the address is white, or trapped, Unix seconds. */
  readonly expires?: number | undefined;
  /** How many seconds the client waited, when the reason is `retry`. */
  readonly waited?: number | undefined;
  /** What trapped the address, if it is trapped. */
  readonly trappedBy?: string | undefined;
  /** What the verdict would have been, when the reason is `learn`. */
  readonly would?: Verdict['would'];
  /** What went wrong, in words, when the reason is `error`. */
  readonly error?: string | undefined;
  /** The value of a header field `X-Greylist` for the message, when the reason is `retry`. */
  readonly header?: string | undefined;
}

/** How many characters of a string are kept. No mail server takes a longer line from a client. */
const MAX_STRING = 2048;

/**
 * The greylist as a handler of HTTP requests. A POST has a JSON object with `ip`, `helo`, `from`, `connectedTo` as in
 * `Reported`, and `to`, a recipient or a list of up to 1000. The answer is an `HttpVerdict`. A GET is a request of
 * nginx's mail module, `auth_http`. It has the mail server behind nginx in the query: `?server=127.0.0.1:10025`.
 *
 * A request that is refused gets a 4xx and `{ "error": { "code", "message" } }`. If `checkAll` rejects, the client
 * passes, with the reason `error`. A program that can ask can have any address trapped: let only mail servers ask.
 *
 * @example
 * const check = new HttpCheck(greylist);
 * createServer((request, response) => check.handle(request, response)).listen(8027, '127.0.0.1');
 */
export class HttpCheck {
  readonly #greylist: Pick<Greylist, 'checkAll'>;
  readonly #clock: TimedClock;
  readonly #refused: Record<HttpRefusal, number> = { method: 0, type: 0, oversize: 0, malformed: 0, field: 0 };
  readonly #skipped = { address: 0, login: 0 };
  #requests = 0;
  #cut = 0;
  #aborted = 0;

  /**
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a greylist without a method `checkAll`, and for an invalid option.
   */
  constructor(greylist: Pick<Greylist, 'checkAll'>, options: HttpCheckOptions = {}) {
    checkMethods('greylist', greylist, ['checkAll']);
    checkMembers('options', options, { clock: true });
    this.#greylist = greylist;
    this.#clock = timedClock(options.clock);
  }

  /** Answers a request with any path. The body of the request must not have been read. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#requests++;
    // If the client goes away, there is nothing to do.
    response.on('error', () => {});
    let answer: HttpAnswer;
    try {
      answer = await this.#answer(request);
    } catch (error) {
      if (!(error instanceof Refused)) {
        this.#aborted++;
        response.destroy();
        return;
      }
      this.#refused[error.code]++;
      answer = refusal(error);
    }
    const { status, fields, body } = answer;
    response.writeHead(status, { ...fields, 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
  }

  /** The counters so far. */
  stats(): HttpCheckStats {
    return {
      requests: this.#requests,
      cut: this.#cut,
      skipped: { ...this.#skipped },
      refused: { ...this.#refused },
      aborted: this.#aborted,
    };
  }

  async #answer(request: IncomingMessage): Promise<HttpAnswer> {
    if (request.method === 'POST') return jsonAnswer(this.#worded(await this.#decide(await questionIn(request))));
    if (request.method !== 'GET') throw new Refused('method', 'only GET and POST');
    const asked = nginxRequestIn(request);
    if (!asked.isLogin) return nginxAnswer(await this.#decide(asked), asked.server);
    this.#skipped.login++;
    return refusedLogin();
  }

  /** @returns `undefined` for a client without an address. Never rejects. */
  async #decide({ reported, recipients }: Question): Promise<Verdict | undefined> {
    const { ip, helo, from, connectedTo } = reported;
    const attempts = recipients.map((to) =>
      attemptFrom({ ip, helo: this.#short(helo), from: this.#short(from), to: this.#short(to), connectedTo }),
    );
    const [attempt] = attempts;
    if (attempt === undefined) {
      this.#skipped.address++;
      return undefined;
    }
    try {
      const checked = attempts.map((each) => each?.to ?? '');
      return await this.#greylist.checkAll(attempt, checked);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      return { action: 'pass', reason: 'error', error };
    }
  }

  #short<Text extends string | null | undefined>(text: Text): Text | string {
    if (typeof text !== 'string' || text.length <= MAX_STRING) return text;
    this.#cut++;
    return text.slice(0, MAX_STRING);
  }

  #worded(verdict: Verdict | undefined): HttpVerdict {
    if (verdict === undefined) return { action: 'pass', reason: 'no-address' };
    const { waited, error } = verdict;
    const header = waited === undefined ? undefined : xGreylist(waited, this.#clock.now());
    return { ...verdict, error: error?.message, header };
  }
}
