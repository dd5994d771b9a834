import { isUtf8 } from 'node:buffer';

/**
 * Decodes bytes of a mail dialogue as the peer decodes those of other hosts: as UTF-8 if they are valid, otherwise as
 * Latin-1, so that no byte is lost.
 */
export function textOf(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

/** Makes a reply one line. A newline or a NUL would end the reply, and the rest would be taken for another answer. */
export function oneLine(reply: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return reply.replaceAll(/[\x00-\x1f\x7f]+/g, ' ');
}
