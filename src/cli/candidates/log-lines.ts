import { isIP } from 'node:net';
import type { Readable } from 'node:stream';

/** Somebody tried an address. */
export interface Tried {
  readonly ip: string;
  readonly address: string;
}

/** A longer line is not looked at, characters: a pattern takes its time for it, and no syslog writes it. */
const MAX_LINE = 4096;

/** What the programs write, whatever syslog puts before it. The groups are named. */
const PATTERNS: readonly RegExp[] = [
  // spamd -v, of which the sender may be null.
  /\((?:GREY|BLACK)\) (?<ip>[\da-fA-F.:]+): (?<from>\S*) -> (?<to>\S+)/,
  // Postfix, of a recipient that is not there.
  /RCPT from \S*\[(?<ip>[\da-fA-F.:]+)\]: \d{3} .*User unknown.*; from=(?<from><[^>]*>) to=(?<to><[^>]+>)/,
  // Dovecot: a login of a user that is not there, and one that failed.
  /\bauth(?:-worker)?\b.*?: [\w-]+\((?<to>[^,()\s]+),(?<ip>[\da-fA-F.:]+)[^)]*\): unknown user/i,
  /\b(?:pop3|imap)-login: .*auth failed.*?user=(?<to><[^>]+>).*?\brip=(?<ip>[\da-fA-F.:]+)/,
  // Courier.
  /\b(?:pop3|imap)d\b.*LOGIN FAILED,.*? user=(?<to>[^,\s]+),.*?ip=\[(?<ip>[\da-fA-F.:]+)\]/,
];

/** What a line of a log says of an address that was tried; `undefined` for any other, and for one of the null sender. */
export function triedIn(line: string): Tried | undefined {
  for (const pattern of PATTERNS) {
    const { ip = '', from = '<sender>', to = '' } = pattern.exec(line)?.groups ?? {};
    const address = ip.replace(/^::ffff:(?=[\d.]+$)/i, '');
    if (isIP(address) === 0) continue;
    // A bounce or a callback: its host is a mail server that was lied to.
    return from === '' || from === '<>' ? undefined : { ip: address, address: to };
  }
  return undefined;
}

/** The lines of a log. */
export async function* linesIn(input: Readable): AsyncGenerator<string, void> {
  // A recipient must read as it does in the file of the users. Any byte may be there, and none ends the reading.
  const utf8 = new TextDecoder();
  let rest = '';
  for await (const chunk of input) {
    const lines = (rest + utf8.decode(Buffer.from(chunk as Uint8Array | string), { stream: true })).split('\n');
    // One character more: what is cut stays too long.
    rest = (lines.pop() ?? '').slice(0, MAX_LINE + 1);
    for (const line of lines) if (line.length <= MAX_LINE) yield line;
  }
  if (rest !== '' && rest.length <= MAX_LINE) yield rest;
}
