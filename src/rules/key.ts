/** Between the parts of a tuple's key: no string that is kept holds one. */
const SEPARATOR = 0;
/** Long enough for every string that fits in a datagram; what is longer is cut, so that no client fills the memory. */
const MAX_KEY = 4096;

/** What becomes of each ASCII character in a key: lower case, controls as `?`; 0 leaves it out. */
const TEXT = Uint8Array.from({ length: 128 }, (_, code) =>
  printable(String.fromCharCode(code).toLowerCase()).charCodeAt(0),
);
/** In mail addresses greyd leaves out these, wherever they stand; so a tuple that a greyd announced is found again. */
const MAILBOX = TEXT.map((byte) => ('<>"\\'.includes(String.fromCharCode(byte)) ? 0 : byte));

const scratch = Buffer.alloc(MAX_KEY * 4 + 4);

/**
 * The key of a tuple: address, HELO, sender and recipient in canonical form, so that what spamd announces as
 * `<User@Example.org>` and greyd as `user@example.org` is one tuple. Lower case (ASCII), mail addresses without brackets,
 * quotes and backslashes, controls as `?`. Each byte of the UTF-8 is a character. Written into one buffer and cut out
 * whole: a string put together from parts stays a tree of them, three times the size.
 *
 * @param ip Canonical, or what stands for an address.
 */
export function tupleKey(ip: string, helo: string, from: string, to: string): string {
  let at = writeCanonical(ip, 0, TEXT);
  scratch[at++] = SEPARATOR;
  at = writeCanonical(helo, at, TEXT);
  scratch[at++] = SEPARATOR;
  at = writeCanonical(from, at, MAILBOX);
  scratch[at++] = SEPARATOR;
  at = writeCanonical(to, at, MAILBOX);
  return scratch.toString('latin1', 0, at);
}

/** A mail address as spamtraps are kept: lower case, without brackets. */
export function canonicalMailbox(address: string): string {
  const end = writeCanonical(address, 0, MAILBOX);
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
 * themselves, controls as `?`. `undefined` when they are the canonical ones of the key, in brackets, as is usual.
 */
export function originalOf(key: string, helo: string, from: string, to: string): string | undefined {
  const parts = splitKey(key);
  if (helo === parts.helo && from === bracketed(parts.from) && to === bracketed(parts.to)) return undefined;
  return flat([helo, from, to].map((text) => printable(text.slice(0, MAX_KEY))).join('\0'));
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

function bracketed(address: string): string {
  return `<${address}>`;
}

/** A copy in one piece: what was cut out of a line or joined would hold on to the whole. */
function flat(text: string): string {
  return Buffer.from(text).toString();
}

/** @returns Where the next part may be written. */
function writeCanonical(text: string, start: number, table: Uint8Array): number {
  const end = Math.min(text.length, MAX_KEY);
  let at = start;
  for (let i = 0; i < end; i++) {
    const byte = table[text.charCodeAt(i)];
    if (byte === undefined) return writeUnicode(text, start, table);
    if (byte !== 0) scratch[at++] = byte;
  }
  return at;
}

function writeUnicode(text: string, start: number, table: Uint8Array): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is what is looked for.
  const canonical = text.slice(0, MAX_KEY).replace(/[\x00-\x7f]/g, (ascii) => {
    const byte = table[ascii.charCodeAt(0)] ?? 0;
    return byte === 0 ? '' : String.fromCharCode(byte);
  });
  return start + scratch.write(canonical, start, MAX_KEY, 'utf8');
}

function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return text.replace(/[\x00-\x1f\x7f]/g, '?');
}
