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
  /** Counts a recipient that the greylist is not asked about. */
  skip(why: 'authenticated' | 'address'): void;
  /** The value of the header field of a message that was delayed by this many seconds. */
  field(waited: number): string;
  /** Whether clients that have logged in are greylisted too. */
  readonly authenticated: boolean;
}

const CONTINUE = packet('c');

/** One SMTP session, as the mail server reports it. */
export class MilterSession {
  readonly #service: MilterService;
  #options: Negotiated = { version: 2, actions: 0, steps: 0 };
  #ip: string | undefined;
  #helo = '';
  #from = '';
  /** Macros: values that the mail server gave with a command, by the command and then by name. */
  readonly #macros = new Map<string, ReadonlyMap<string, string>>();
  /** How long the client of this message waited. */
  #waited: number | undefined;

  constructor(service: MilterService) {
    this.#service = service;
  }

  /**
   * Resolves to the answer, if any.
   *
   * @throws {Error} For a packet that is not of this protocol.
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
        // A command that the milter does not need, from a mail server that does not offer to leave it out.
        return CONTINUE;
    }
  }

  #negotiate(data: Buffer): Buffer {
    const options = negotiated(data);
    if (options === undefined) throw new Error('not an offer');
    this.#options = options;
    return negotiation(options);
  }

  /** The answer `continue`; none if the mail server does not wait for one. */
  #quietly(command: string): Buffer | undefined {
    return this.#options.steps & (NO_REPLY[command] ?? 0) ? undefined : CONTINUE;
  }

  /** Keeps macros. The data has a command, and pairs of name and value for it. */
  #define(data: Buffer): void {
    const words = texts(data.subarray(1));
    const macros = new Map<string, string>();
    for (let at = 0; at + 1 < words.length; at += 2) {
      // A name that is longer than a letter is in braces.
      macros.set((words[at] as string).replace(/^\{(.*)\}$/, '$1'), words[at + 1] as string);
    }
    // Keeps the macros of these commands only, whatever letters the mail server sends: this bounds the memory.
    const command = String.fromCharCode(data[0] ?? 0);
    if ('CMR'.includes(command)) this.#macros.set(command, macros);
  }

  #macro(command: string, name: string): string {
    return this.#macros.get(command)?.get(name) ?? '';
  }

  /** The data has the client's name, a letter for the family, and for `4` and `6` a port and the address. */
  #connect(data: Buffer): void {
    const family = data.indexOf(0) + 1;
    const hasAddress = family > 0 && '46'.includes(String.fromCharCode(data[family] ?? 0));
    this.#ip = hasAddress ? texts(data.subarray(family + 3))[0] : undefined;
  }

  async #recipient(to: string): Promise<Buffer> {
    if (!this.#service.authenticated && this.#macro('M', 'auth_authen') !== '') return this.#skip('authenticated');
    // Sendmail gives the address of the interface, Postfix that of the listener.
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

  /** Forgets the client, because another one comes over the same connection. */
  #reset(): void {
    this.#ip = undefined;
    this.#helo = '';
    this.#from = '';
    this.#waited = undefined;
    this.#macros.clear();
  }
}
