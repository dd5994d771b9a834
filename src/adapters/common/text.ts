import { isUtf8 } from 'node:buffer';

/** Bytes of a mail dialogue as the peer reads them from other hosts: UTF-8 where valid, else Latin-1, so that no byte is lost. */
export function textOf(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

/** A reply as one line: a newline in it, or a NUL, would be the end of it, and what follows the answer to another. */
export function oneLine(reply: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return reply.replaceAll(/[\x00-\x1f\x7f]+/g, ' ');
}
