import { crc32 } from 'node:zlib';

/** Separates the parts of a tuple's key. No string that is kept contains this byte. */
const SEPARATOR = 0;
/**
 * The most bytes of UTF-8 that the three strings of a tuple can have together and still be announced: the 1408 of a
 * datagram, less its header of 32 and the 18 before the strings of a GREY entry. Longer strings are cut, so that no
 * client fills a store.
 */
export const MAX_STRINGS = 1358;
/** The length of a string after it is cut, and the most that a name which stands for an address can have; bytes. */
export const MAX_CUT = 255;

/** What each ASCII character becomes in a key: lower case, and `?` for a control. 0 means that it is left out. */
const TEXT = Uint8Array.from({ length: 128 }, (_, code) =>
  printable(String.fromCharCode(code).toLowerCase()).charCodeAt(0),
);
/** For mail addresses: greyd leaves these characters out wherever they stand, and so the tuples of greyd are found. */
const MAILBOX = TEXT.map((byte) => ('<>"\\'.includes(String.fromCharCode(byte)) ? 0 : byte));

/** For text as the client typed it: only controls change. */
const TYPED = Uint8Array.from({ length: 128 }, (_, code) => printable(String.fromCharCode(code)).charCodeAt(0));

const scratch = Buffer.alloc(MAX_CUT + MAX_STRINGS + 3);

/**
 * The key of a tuple: address, HELO, sender and recipient in canonical form. So a tuple has one key, whether spamd
 * announces `<User@Example.org>` or greyd `user@example.org`. ASCII letters are lower case, mail addresses have no
 * brackets, quotes and backslashes, and controls are `?`. Each byte of the UTF-8 is a character of the key. The key is
 * written into one buffer and made a string at once: a string put together from parts stays a tree of the parts, three
 * times the size.
 *
 * Strings that together exceed {@link MAX_STRINGS}, and so cannot be announced, are cut to 255 bytes each, see
 * {@link cut}. So a key has at most 1616 characters.
 *
 * @param ip The canonical address, or the network or name that stands for it.
 */
export function tupleKey(ip: string, helo: string, from: string, to: string): string {
  const kept = fits(helo, from, to);
  let at = writeCanonical(cut(ip, TEXT), 0, TEXT);
  scratch[at++] = SEPARATOR;
  at = writeCanonical(kept ? helo : cut(helo, TEXT), at, TEXT);
  scratch[at++] = SEPARATOR;
  at = writeCanonical(kept ? from : cut(from, MAILBOX), at, MAILBOX);
  scratch[at++] = SEPARATOR;
  at = writeCanonical(kept ? to : cut(to, MAILBOX), at, MAILBOX);
  return scratch.toString('latin1', 0, at);
}

/** The beginning that the keys of all tuples of an address have, and no other key. */
export function tupleKeyPrefix(ip: string): string {
  const end = writeCanonical(cut(ip, TEXT), 0, TEXT);
  scratch[end] = SEPARATOR;
  return scratch.toString('latin1', 0, end + 1);
}

/**
 * A mail address in the form that spamtraps are kept in: lower case, no brackets. If no datagram has room, it is cut.
 */
export function canonicalMailbox(address: string): string {
  const end = writeCanonical(fits(address, '', '') ? address : cut(address, MAILBOX), 0, MAILBOX);
  return scratch.toString('utf8', 0, end);
}

/** The address, or the network or name that stands for it, that a tuple's key begins with. */
export function addressOfKey(key: string): string {
  return Buffer.from(key.slice(0, key.indexOf('\0')), 'latin1').toString('utf8');
}

/** The parts of a tuple's key. */
export function splitKey(key: string): {
  readonly ip: string;
  readonly helo: string;
  readonly from: string;
  readonly to: string;
} {
  const [ip = '', helo = '', from = '', to = ''] = Buffer.from(key, 'latin1').toString('utf8').split('\0');
  return { ip, helo, from, to };
}

/**
 * The strings of a tuple as the client typed them, for its record: spamdb(8) and the wire have them in this form.
 * Controls are `?`. `undefined` if the strings are those of the key with brackets around the mail addresses, as is
 * usual. Also `undefined` if the strings had to be cut: then they are kept only in the form that the key has.
 */
export function originalOf(key: string, helo: string, from: string, to: string): string | undefined {
  if (isUsual(key, helo, from, to) || !fits(helo, from, to)) return undefined;
  const parts = splitKey(key);
  if (helo === parts.helo && from === bracketed(parts.from) && to === bracketed(parts.to)) return undefined;
  return flat([helo, from, to].map(printable).join('\0'));
}

/** Whether the strings are those of the key, with brackets, in ASCII: most are. Costs a fraction of `splitKey`. */
function isUsual(key: string, helo: string, from: string, to: string): boolean {
  if (!isBracketed(from) || !isBracketed(to)) return false;
  const heloAt = key.indexOf('\0') + 1;
  const fromAt = heloAt + helo.length + 1;
  const toAt = fromAt + from.length - 1;
  // A character that is not ASCII becomes several in the key, so the key is longer.
  return (
    key.length === toAt + to.length - 2 &&
    key.charCodeAt(fromAt - 1) === SEPARATOR &&
    key.charCodeAt(toAt - 1) === SEPARATOR &&
    key.startsWith(helo, heloAt) &&
    key.startsWith(from.slice(1, -1), fromAt) &&
    key.startsWith(to.slice(1, -1), toAt)
  );
}

/** The strings of a tuple as the client typed them. */
export function typedStrings(
  key: string,
  original: string | undefined,
): { readonly helo: string; readonly from: string; readonly to: string } {
  if (original === undefined) {
    const { helo, from, to } = splitKey(key);
    return { helo, from: bracketed(from), to: bracketed(to) };
  }
  const [helo = '', from = '', to = ''] = original.split('\0');
  return { helo, from, to };
}

/** A string as the client typed it, in one piece: controls are `?`, and it is cut to 255 bytes as in a long tuple. */
export function boundedText(text: string): string {
  return text.length * 3 <= MAX_CUT ? flat(printable(text)) : cut(text, TYPED);
}

function bracketed(address: string): string {
  return `<${address}>`;
}

function isBracketed(address: string): boolean {
  return address.length >= 2 && address[0] === '<' && address.at(-1) === '>';
}

/** A copy in one piece: a string cut out of a line keeps the line in memory, and a joined string keeps its parts. */
function flat(text: string): string {
  return Buffer.from(text).toString();
}

/** Whether the strings of a tuple are short enough to be kept as they are. */
function fits(helo: string, from: string, to: string): boolean {
  const length = helo.length + from.length + to.length;
  // A unit of UTF-16 takes at most three bytes.
  if (length * 3 <= MAX_STRINGS) return true;
  if (length > MAX_STRINGS) return false;
  return Buffer.byteLength(helo) + Buffer.byteLength(from) + Buffer.byteLength(to) <= MAX_STRINGS;
}

/**
 * Cuts a string that is longer than 255 bytes in canonical form to 255: its beginning, then a checksum and the length
 * of the whole. So two strings that differ only at the end stay different. A string that was cut before stays as it is.
 */
function cut(text: string, table: Uint8Array): string {
  if (text.length * 3 <= MAX_CUT) return text;
  const bytes = Buffer.from(text);
  const whole = bytes.subarray(0, compact(bytes, 0, bytes.length, table));
  if (whole.length <= MAX_CUT) return whole.toString();
  const mark = `~${crc32(whole).toString(16).padStart(8, '0')}-${whole.length}`;
  let end = MAX_CUT - mark.length;
  // Do not cut within a character.
  while (((whole[end] as number) & 0xc0) === 0x80) end--;
  return whole.toString('utf8', 0, end) + mark;
}

/** @returns Where the next part may be written. */
function writeCanonical(text: string, start: number, table: Uint8Array): number {
  let at = start;
  for (let i = 0; i < text.length; i++) {
    const byte = table[text.charCodeAt(i)];
    if (byte === undefined) return compact(scratch, start, start + scratch.write(text, start), table);
    if (byte !== 0) scratch[at++] = byte;
  }
  return at;
}

/**
 * Makes UTF-8 canonical in place.
 *
 * @returns Where it ends now.
 */
function compact(bytes: Buffer, start: number, end: number, table: Uint8Array): number {
  let at = start;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    const kept = byte < 128 ? (table[byte] as number) : byte;
    if (kept !== 0) bytes[at++] = kept;
  }
  return at;
}

function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return text.replace(/[\x00-\x1f\x7f]/g, '?');
}
