import { textOf } from '../common/text.ts';

/** The reply to a line of a client, and what follows from the line. */
export interface Answer {
  /** The reply, with its line end. */
  readonly reply: string;
  /** The tuple, if the line named a recipient and there is a sender. */
  readonly tuple?: { readonly helo: string; readonly from: string; readonly to: string };
  /** Whether the connection ends after the reply. */
  readonly isLast?: boolean;
}

export interface DialogueOptions {
  /** The host's name. */
  readonly hostname: string;
  /** The reply that ends the dialogue with a client, trapped or not: the code and a text. */
  readonly refusal: (isTrapped: boolean) => string;
}

/** After how many lines of a body a message is refused, as by spamd(8). */
const MAX_BODY = 10;

/** The SMTP dialogue of spamd(8), from the banner to the refusal. Nothing in it ever accepts a message. */
export class Dialogue {
  readonly #options: DialogueOptions;
  #helo = '';
  #from = '';
  #state: 'commands' | 'header' | 'body' = 'commands';
  #bodyLines = 0;

  constructor(options: DialogueOptions) {
    this.#options = options;
  }

  /** @param date The time in the form of RFC 5322. */
  banner(date: string): string {
    return `220 ${this.#options.hostname} ESMTP spamd IP-based SPAM blocker; ${date}\r\n`;
  }

  /**
   * @param line The line, without its line end.
   * @returns `undefined` for a line of a message.
   */
  answer(line: Buffer, isTrapped: boolean): Answer | undefined {
    return this.#state === 'commands' ? this.#answerCommand(line, isTrapped) : this.#readMessage(line, isTrapped);
  }

  #answerCommand(line: Buffer, isTrapped: boolean): Answer {
    const text = textOf(line);
    // spamd also ends an address at the first blank. So the tuple is the same as on the other hosts of the group.
    const [, argument = ''] = /^\S+\s+[^:]*:\s*(\S*)/.exec(text) ?? [];
    switch (text.slice(0, 4).toUpperCase()) {
      case 'HELO':
      case 'EHLO': {
        const [, helo = ''] = /^\S+\s+(\S+)/.exec(text) ?? [];
        if (helo === '') return { reply: '501 helo requires domain name.\r\n' };
        this.#helo = helo;
        this.#from = '';
        return { reply: '250 Hello, spam sender. Pleased to be wasting your time.\r\n' };
      }
      case 'MAIL':
        this.#from = argument;
        return { reply: '250 You are about to try to deliver spam. Your time will be spent, for nothing.\r\n' };
      case 'RCPT': {
        const reply = '250 This is hurting you more than it is hurting me.\r\n';
        if (this.#from === '' || argument === '') return { reply };
        return { reply, tuple: { helo: this.#helo, from: this.#from, to: argument } };
      }
      case 'DATA':
        if (!isTrapped) return this.#refusal(isTrapped);
        this.#state = 'header';
        return { reply: '354 Enter spam, end with "." on a line by itself\r\n' };
      case 'RSET':
        this.#from = '';
        return { reply: '250 Ok to start over.\r\n' };
      case 'NOOP':
        return { reply: '250 2.0.0 OK I did nothing\r\n' };
      case 'QUIT':
        return { reply: `221 ${this.#options.hostname}\r\n`, isLast: true };
      default:
        return { reply: '500 5.5.1 Command unrecognized\r\n' };
    }
  }

  #readMessage(line: Buffer, isTrapped: boolean): Answer | undefined {
    if (line.length === 1 && line[0] === 0x2e) return this.#refusal(isTrapped);
    if (this.#state === 'header') {
      if (line.length === 0) this.#state = 'body';
      return undefined;
    }
    return ++this.#bodyLines >= MAX_BODY ? this.#refusal(isTrapped) : undefined;
  }

  #refusal(isTrapped: boolean): Answer {
    return { reply: `${this.#options.refusal(isTrapped)}\r\n`, isLast: true };
  }
}
