import { isUtf8 } from 'node:buffer';

/** Bytes of a mail dialogue as the peer reads them from other hosts: UTF-8 where valid, else Latin-1, so that no byte is lost. */
export function textOf(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}
