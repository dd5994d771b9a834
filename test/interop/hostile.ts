import type { SkipReason, Tuple } from 'spamd-sync';

type Texts = Omit<Tuple, 'ip'>;

/** What is to become of a tuple at one dialect's target: the form in which it is kept, or why it is not sent. */
export type Fate = Partial<Texts> | SkipReason;

/** A tuple as a hostile client might make it. */
export interface Hostile extends Partial<Texts> {
  readonly what: string;
  readonly spamd: Fate;
  readonly greyd: Fate;
}

/** What a tuple is made of where nothing else is said. */
export const PLAIN: Texts = { helo: 'mail.example.org', from: '<a@example.org>', to: '<b@example.net>' };
/** The same as a greyd keeps it. */
export const PLAIN_AT_GREYD: Texts = { helo: 'mail.example.org', from: 'a@example.org', to: 'b@example.net' };

const long = (length: number) => `${'l'.repeat(length - 12)}.example.org`;

/** Characters that a parser, a query, a format string or a line of the database's text might trip over. */
const AWKWARD = [
  "o'neill",
  "'); DROP TABLE entries; --",
  '%s%s%n%n',
  '$(reboot)`reboot`',
  'a|b||c|',
  '# comment',
  '} section evil { enable = 1',
  'WHITE:192.0.2.66',
  ' leading and trailing ',
  'x',
  'bücher.example',
  '日本語.example',
  '🎣',
];

const CONTROLS = [
  'a\nb',
  'a\nWHITE:192.0.2.66:4294967295:x',
  'a\r\nRSET',
  '\n',
  'nul\0nul',
  'bell\x07',
  'tab\ttab',
  '\x1b[2J',
  'del\x7f',
];

export const HOSTILE: readonly Hostile[] = [
  ...AWKWARD.flatMap((text) => [
    { what: `awkward HELO ${text}`, helo: text, spamd: { helo: text }, greyd: { helo: text } },
    {
      what: `awkward sender ${text}`,
      from: `<${text}@example.org>`,
      spamd: { from: `<${text}@example.org>` },
      greyd: { from: lower(`${text}@example.org`) },
    },
    {
      what: `awkward recipient ${text}`,
      to: `<${text}@example.net>`,
      spamd: { to: `<${text}@example.net>` },
      greyd: { to: lower(`${text}@example.net`) },
    },
  ]),
  ...CONTROLS.flatMap((text): Hostile[] => [
    { what: `control in HELO ${JSON.stringify(text)}`, helo: text, spamd: 'control', greyd: 'control' },
    { what: `control in sender ${JSON.stringify(text)}`, from: `<${text}>`, spamd: 'control', greyd: 'control' },
    { what: `control in recipient ${JSON.stringify(text)}`, to: `<${text}>`, spamd: 'control', greyd: 'control' },
  ]),
  ...['he"lo', '"', 'back\\slash', 'trailing\\', '\\', 'ends with a quote"'].map((text): Hostile => {
    return { what: `HELO ${text}`, helo: text, spamd: { helo: text }, greyd: 'unsafe' };
  }),
  {
    what: 'quoted sender',
    from: '<"John \\"Q\\" Public"@example.org>',
    spamd: { from: '<"John \\"Q\\" Public"@example.org>' },
    greyd: { from: 'john q public@example.org' },
  },
  {
    what: 'recipient that ends in a backslash',
    to: '<b@example.net\\>',
    spamd: { to: '<b@example.net\\>' },
    greyd: { to: 'b@example.net' },
  },
  {
    what: 'sender without brackets, in capitals',
    from: 'A@EXAMPLE.ORG',
    spamd: { from: '<A@EXAMPLE.ORG>' },
    greyd: { from: 'a@example.org' },
  },
  { what: 'lone surrogate', helo: 'a\ud800b', spamd: { helo: 'a\ufffdb' }, greyd: { helo: 'a\ufffdb' } },
  { what: 'HELO of 256 bytes', helo: long(256), spamd: { helo: long(256) }, greyd: { helo: long(256) } },
  { what: 'HELO of 257 bytes', helo: long(257), spamd: { helo: long(257) }, greyd: 'unsafe' },
  { what: 'HELO of 300 bytes', helo: long(300), spamd: { helo: long(300) }, greyd: 'unsafe' },
  { what: 'sender of 300 bytes', from: `<${long(298)}>`, spamd: { from: `<${long(298)}>` }, greyd: 'unsafe' },
  { what: 'recipient of 300 bytes', to: `<${long(298)}>`, spamd: { to: `<${long(298)}>` }, greyd: 'unsafe' },
  {
    what: 'HELO of 256 bytes in 128 letters',
    helo: 'ü'.repeat(128),
    spamd: { helo: 'ü'.repeat(128) },
    greyd: { helo: 'ü'.repeat(128) },
  },
  {
    what: 'HELO of 258 bytes in 129 letters',
    helo: 'ü'.repeat(129),
    spamd: { helo: 'ü'.repeat(129) },
    greyd: 'unsafe',
  },
  { what: 'HELO of 1023 bytes', helo: long(1023), spamd: { helo: long(1023) }, greyd: 'unsafe' },
  // spamd cuts what it hears, from a client as from a peer, so that both still make the same tuple.
  { what: 'HELO of 1300 bytes', helo: long(1300), spamd: { helo: long(1300).slice(0, 1023) }, greyd: 'unsafe' },
  { what: 'HELO longer than a datagram', helo: long(1400), spamd: 'too-long', greyd: 'unsafe' },
  { what: 'empty HELO', helo: '', spamd: 'empty', greyd: 'empty' },
  { what: 'empty recipient', to: '', spamd: 'empty', greyd: 'empty' },
  { what: 'recipient of brackets alone', to: '<>', spamd: 'empty', greyd: 'empty' },
  { what: 'empty sender', from: '', spamd: { from: '<>' }, greyd: { from: '<>' } },
  { what: 'null sender', from: '<>', spamd: { from: '<>' }, greyd: { from: '<>' } },
  { what: 'HELO of brackets alone', helo: '<>', spamd: { helo: '<>' }, greyd: { helo: '<>' } },
];

/** Addresses that no mail client has, or that have no form on the wire. */
export const HOSTILE_ADDRESSES = [
  '0.0.0.0',
  '0.1.2.3',
  '224.0.0.1',
  '239.255.255.255',
  '255.255.255.255',
  '::',
  '::1',
  '2001:db8::25',
  '::ffff:192.0.2.66',
];

function lower(text: string): string {
  return text.replace(/[A-Z]/g, (upper) => upper.toLowerCase());
}
