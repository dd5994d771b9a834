import { isIP } from 'node:net';
import type { Readable } from 'node:stream';

/** An address that a host tried. */
export interface Tried {
  readonly ip: string;
  readonly address: string;
}

/**
 * The longest line that is looked at, characters. A pattern takes long for a longer one, and no syslog writes such a
 * line.
 */
const MAX_LINE = 4096;

/** Patterns of the lines that the programs write, whatever syslog puts before them. The groups have names. */
const PATTERNS: readonly RegExp[] = [
  // spamd -v. The sender may be the null sender.
  /\((?:GREY|BLACK)\) (?<ip>[\da-fA-F.:]+): (?<from>\S*) -> (?<to>\S+)/,
  // Postfix: a recipient that does not exist.
  /RCPT from \S*\[(?<ip>[\da-fA-F.:]+)\]: \d{3} .*User unknown.*; from=(?<from><[^>]*>) to=(?<to><[^>]+>)/,
  // Dovecot: a login of a user that does not exist, and a login that failed.
  /\bauth(?:-worker)?\b.*?: [\w-]+\((?<to>[^,()\s]+),(?<ip>[\da-fA-F.:]+)[^)]*\): unknown user/i,
  /\b(?:pop3|imap)-login: .*auth failed.*?user=(?<to><[^>]+>).*?\brip=(?<ip>[\da-fA-F.:]+)/,
  // Courier.
  /\b(?:pop3|imap)d\b.*LOGIN FAILED,.*? user=(?<to>[^,\s]+),.*?ip=\[(?<ip>[\da-fA-F.:]+)\]/,
];

/** The address that was tried, according to a line of a log; `undefined` for other lines, and for the null sender. */
export function triedIn(line: string): Tried | undefined {
  for (const pattern of PATTERNS) {
    const { ip = '', from = '<sender>', to = '' } = pattern.exec(line)?.groups ?? {};
    const address = ip.replace(/^::ffff:(?=[\d.]+$)/i, '');
    if (isIP(address) === 0) continue;
    // This is a bounce or a callback. Its host is a mail server that got mail with a forged sender.
    return from === '' || from === '<>' ? undefined : { ip: address, address: to };
  }
  return undefined;
}

/** The lines of a log. */
export async function* linesIn(input: Readable): AsyncGenerator<string, void> {
  // UTF-8, so that a recipient is the same text as in the file of the users. Invalid bytes do not end the reading.
  const utf8 = new TextDecoder();
  let rest = '';
  for await (const chunk of input) {
    const lines = (rest + utf8.decode(Buffer.from(chunk as Uint8Array | string), { stream: true })).split('\n');
    // Keeps one character more, so that a line that is cut is still too long.
    rest = (lines.pop() ?? '').slice(0, MAX_LINE + 1);
    for (const line of lines) if (line.length <= MAX_LINE) yield line;
  }
  if (rest !== '' && rest.length <= MAX_LINE) yield rest;
}
