import { crc32 } from 'node:zlib';

/** Between the parts of a tuple's key: no string that is kept holds one. */
const SEPARATOR = 0;
/**
 * What the three strings of a tuple take together at most where they can be announced, bytes of UTF-8: a datagram's 1408
 * less its header of 32 and 18 before the strings of a GREY entry. Longer ones are cut, so that no client fills a store.
 */
export const MAX_STRINGS = 1358;
/** What is left of a string that is cut, and what a name takes at most that stands for an address, bytes. */
export const MAX_CUT = 255;

/** What becomes of each ASCII character in a key: lower case, controls as `?`; 0 leaves it out. */
const TEXT = Uint8Array.from({ length: 128 }, (_, code) =>
  printable(String.fromCharCode(code).toLowerCase()).charCodeAt(0),
);
/** In mail addresses greyd leaves out these, wherever they stand; so a tuple that a greyd announced is found again. */
const MAILBOX = TEXT.map((byte) => ('<>"\\'.includes(String.fromCharCode(byte)) ? 0 : byte));

/** As the client typed it, but for controls. */
const TYPED = Uint8Array.from({ length: 128 }, (_, code) => printable(String.fromCharCode(code)).charCodeAt(0));

const scratch = Buffer.alloc(MAX_CUT + MAX_STRINGS + 3);

/**
 * The key of a tuple: address, HELO, sender and recipient in canonical form, so that what spamd announces as
 * `<User@Example.org>` and greyd as `user@example.org` is one tuple. Lower case (ASCII), mail addresses without brackets,
 * quotes and backslashes, controls as `?`. Each byte of the UTF-8 is a character. Written into one buffer and cut out
 * whole: a string put together from parts stays a tree of them, three times the size.
 *
 * Strings that together are too long to be announced, {@link MAX_STRINGS}, are cut to 255 bytes each, see {@link cut}: so
 * a key has at most 1616 characters.
 *
 * @param ip Canonical, or what stands for an address.
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

/** What the key of every tuple of an address begins with, and of no other. */
export function tupleKeyPrefix(ip: string): string {
  const end = writeCanonical(cut(ip, TEXT), 0, TEXT);
  scratch[end] = SEPARATOR;
  return scratch.toString('latin1', 0, end + 1);
}

/** A mail address as spamtraps are kept: lower case, without brackets. One that no datagram has room for is cut. */
export function canonicalMailbox(address: string): string {
  const end = writeCanonical(fits(address, '', '') ? address : cut(address, MAILBOX), 0, MAILBOX);
  return scratch.toString('utf8', 0, end);
}

/** The address, or what stands for it, that a tuple's key begins with. */
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
 * What a tuple record keeps of its strings as the client typed them, since spamdb(8) and the wire have them so: they
 * themselves, controls as `?`. `undefined` when they are the canonical ones of the key, in brackets, as is usual, and when
 * they had to be cut: those are only kept as the key has them.
 */
export function originalOf(key: string, helo: string, from: string, to: string): string | undefined {
  if (isUsual(key, helo, from, to) || !fits(helo, from, to)) return undefined;
  const parts = splitKey(key);
  if (helo === parts.helo && from === bracketed(parts.from) && to === bracketed(parts.to)) return undefined;
  return flat([helo, from, to].map(printable).join('\0'));
}

/** Whether a client typed what its key has, in brackets, and in ASCII: most do, and this is a fraction of taking the key apart. */
function isUsual(key: string, helo: string, from: string, to: string): boolean {
  if (!isBracketed(from) || !isBracketed(to)) return false;
  const heloAt = key.indexOf('\0') + 1;
  const fromAt = heloAt + helo.length + 1;
  const toAt = fromAt + from.length - 1;
  // A character that is not ASCII is several in the key, which is longer then.
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

/** A string as the client typed it, controls as `?`, cut to 255 bytes as those of a long tuple are, and in one piece. */
export function boundedText(text: string): string {
  return text.length * 3 <= MAX_CUT ? flat(printable(text)) : cut(text, TYPED);
}

function bracketed(address: string): string {
  return `<${address}>`;
}

function isBracketed(address: string): boolean {
  return address.length >= 2 && address[0] === '<' && address.at(-1) === '>';
}

/** A copy in one piece: what was cut out of a line or joined would hold on to the whole. */
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
 * A string that is longer than 255 bytes in canonical form, cut to that: its beginning, and a checksum and the length of all
 * of it, so that two which differ only at the end stay two. One that was cut is short enough, and stays as it is.
 */
function cut(text: string, table: Uint8Array): string {
  if (text.length * 3 <= MAX_CUT) return text;
  const bytes = Buffer.from(text);
  const whole = bytes.subarray(0, compact(bytes, 0, bytes.length, table));
  if (whole.length <= MAX_CUT) return whole.toString();
  const mark = `~${crc32(whole).toString(16).padStart(8, '0')}-${whole.length}`;
  let end = MAX_CUT - mark.length;
  // Not within a character.
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
 * Makes UTF-8 canonical in its place.
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
