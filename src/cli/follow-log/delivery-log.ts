import { attemptFrom } from '../../index.ts';

/**
 * Words before the tag of a program: a date and a host. The tag of another program has brackets, so its text does not
 * match.
 */
const BEFORE = String.raw`(?:[^\s[\]]+ +){0,5}`;
/**
 * An address, as both programs write it. A recipient may have any text in quotes, even one that looks like the rest of
 * a line.
 */
const ADDRESS = String.raw`<(?:"(?:[^"\\]|\\.)*"|[^">])*>`;

/** Patterns of lines that say that a host accepted a mail. The first group is the address of the host. */
const DELIVERED: readonly RegExp[] = [
  // Postfix, smtp(8): to=<b@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=1, delays=..., dsn=2.0.0, status=sent (...)
  new RegExp(
    String.raw`^${BEFORE}postfix[^\s/[\]]*/smtp\[\d+\]: [0-9A-Za-z]+: to=${ADDRESS}, (?:orig_to=${ADDRESS}, )?` +
      String.raw`relay=[^\s,[\]]+\[([0-9A-Fa-f.:]+)\]:25, (?:conn_use=\d+, )?delay=[\d.]+, delays=[\d./]+, dsn=2[\d.]+, status=sent `,
  ),
  // smtpd(8) of OpenSMTPD: mta delivery evpid=... rcpt=<-> source="..." relay="192.0.2.1 (mx.example.org)" ... result="Ok"
  new RegExp(
    String.raw`^(?:${BEFORE}smtpd\[\d+\]: )?[0-9a-f]{16} mta delivery evpid=[0-9a-f]{16} from=${ADDRESS} to=${ADDRESS} ` +
      String.raw`rcpt=${ADDRESS} source="[^"]*" relay="([0-9A-Fa-f.:]+)(?: \([^")]*\))?" delay=\S+ result="Ok"`,
  ),
];

/** The address of the host that accepted a mail, from a line of a log; `undefined` for any other line. */
export function deliveredTo(line: string): string | undefined {
  for (const pattern of DELIVERED) {
    const [, ip] = pattern.exec(line) ?? [];
    if (ip !== undefined) return attemptFrom({ ip })?.ip;
  }
  return undefined;
}
