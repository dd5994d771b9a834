import { type Attempt, attemptFrom, type CheckOptions, type Verdict } from '../../index.ts';
import { END } from '../common/conversation.ts';
import { oneLine } from '../common/text.ts';
import {
  ADD_HEADERS,
  type MilterPacket,
  type Negotiated,
  NO_REPLY,
  negotiated,
  negotiation,
  packet,
  texts,
} from './packets.ts';

/** What a session needs of its server. */
export interface MilterService {
  check(attempt: Attempt, options: CheckOptions): Promise<Verdict>;
  /** Counts a recipient that is none of the greylist's business. */
  skip(why: 'authenticated' | 'address'): void;
  /** The value of the header field of a message that was delayed so many seconds. */
  field(waited: number): string;
  /** Whether clients that have logged in are greylisted too. */
  readonly authenticated: boolean;
}

const CONTINUE = packet('c');

/** One SMTP session, as the mail server tells of it. */
export class MilterSession {
  readonly #service: MilterService;
  #options: Negotiated = { version: 2, actions: 0, steps: 0 };
  #ip: string | undefined;
  #helo = '';
  #from = '';
  /** Values that the mail server gave with a command, by the command and then by name. */
  readonly #macros = new Map<string, ReadonlyMap<string, string>>();
  /** How long the client of this message waited. */
  #waited: number | undefined;

  constructor(service: MilterService) {
    this.#service = service;
  }

  /**
   * What to answer, if anything.
   *
   * @throws {Error} For what is not of this protocol.
   */
  async answer({ command, data }: MilterPacket): Promise<Buffer | undefined | typeof END> {
    switch (command) {
      case 'O':
        return this.#negotiate(data);
      case 'D':
        this.#define(data);
        return undefined;
      case 'C':
        this.#connect(data);
        return this.#quietly('C');
      case 'H':
        [this.#helo = ''] = texts(data);
        return this.#quietly('H');
      case 'M':
        [this.#from = ''] = texts(data);
        this.#waited = undefined;
        return this.#quietly('M');
      case 'R':
        return this.#recipient(texts(data)[0] ?? '');
      case 'E':
        return this.#endOfMessage();
      case 'A':
        this.#waited = undefined;
        return undefined;
      case 'K':
        this.#reset();
        return undefined;
      case 'Q':
        return END;
      default:
        // What was asked not to be sent, by a mail server that does not offer to leave it out.
        return CONTINUE;
    }
  }

  #negotiate(data: Buffer): Buffer {
    const options = negotiated(data);
    if (options === undefined) throw new Error('not an offer');
    this.#options = options;
    return negotiation(options);
  }

  /** No answer, where the mail server does not wait for one. */
  #quietly(command: string): Buffer | undefined {
    return this.#options.steps & (NO_REPLY[command] ?? 0) ? undefined : CONTINUE;
  }

  /** A command, and pairs of name and value for it. */
  #define(data: Buffer): void {
    const words = texts(data.subarray(1));
    const macros = new Map<string, string>();
    for (let at = 0; at + 1 < words.length; at += 2) {
      // Braces stand round the names that are longer than a letter.
      macros.set((words[at] as string).replace(/^\{(.*)\}$/, '$1'), words[at + 1] as string);
    }
    // Whatever the letter, there is room for those alone that are asked for.
    const command = String.fromCharCode(data[0] ?? 0);
    if ('CMR'.includes(command)) this.#macros.set(command, macros);
  }

  #macro(command: string, name: string): string {
    return this.#macros.get(command)?.get(name) ?? '';
  }

  /** The client's name, a letter for the family, and for `4` and `6` a port and the address. */
  #connect(data: Buffer): void {
    const family = data.indexOf(0) + 1;
    const hasAddress = family > 0 && '46'.includes(String.fromCharCode(data[family] ?? 0));
    this.#ip = hasAddress ? texts(data.subarray(family + 3))[0] : undefined;
  }

  async #recipient(to: string): Promise<Buffer> {
    if (!this.#service.authenticated && this.#macro('M', 'auth_authen') !== '') return this.#skip('authenticated');
    // Sendmail has the interface's address, Postfix the listener's.
    const connectedTo = this.#macro('C', 'if_addr') || this.#macro('C', 'daemon_addr');
    const attempt = attemptFrom({ ip: this.#ip, helo: this.#helo, from: this.#from, to, connectedTo });
    if (attempt === undefined) return this.#skip('address');
    // A recipient that the mail server refuses is asked about because it may be a spamtrap.
    const isRefused = this.#macro('R', 'rcpt_mailer') === 'error';
    const verdict = await this.#service.check(attempt, { trapsOnly: isRefused });
    if (verdict.action !== 'pass' && !isRefused) return packet('y', `${oneLine(verdict.reply)}\0`);
    this.#waited ??= verdict.waited;
    return CONTINUE;
  }

  #skip(why: 'authenticated' | 'address'): Buffer {
    this.#service.skip(why);
    return CONTINUE;
  }

  #endOfMessage(): Buffer {
    const waited = this.#waited;
    this.#waited = undefined;
    if (waited === undefined || (this.#options.actions & ADD_HEADERS) === 0) return CONTINUE;
    return Buffer.concat([packet('h', `X-Greylist\0${this.#service.field(waited)}\0`), CONTINUE]);
  }

  /** Another client comes over the same connection. */
  #reset(): void {
    this.#ip = undefined;
    this.#helo = '';
    this.#from = '';
    this.#waited = undefined;
    this.#macros.clear();
  }
}
