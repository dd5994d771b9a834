/** Entries made fit for the receivers: no dialect ever sends what harms one. */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { type Entry, EntryError, type GreyEntry } from 'spamd-sync';
import { encodeDatagram } from 'spamd-sync/wire';
import { isUnicastIPv4, parseIPv4 } from '../../../src/address.ts';
import { inDialect } from '../../../src/peer/dialect.ts';
import { KEY, KEY_FILE } from '../../support/frame.ts';
import type { Target } from '../engine.ts';
import { naiveDecode } from './naive-decoder.ts';
import { textsOf } from './texts.ts';

const TYPES = ['grey', 'grey', 'grey', 'white', 'trapped', 'remove-white', 'remove-trapped'] as const;
const PARTS = [
  '<',
  '>',
  '<>',
  '"',
  '\\',
  '@',
  '\0',
  '\r\n',
  '\t',
  '\x7f',
  'É',
  '\ud83d',
  'x'.repeat(255),
  '255.255.255.255',
  '0.0.0.1',
  '::1',
];
const ADDRESS = '192.0.2.1';

export const dialect: Target = {
  name: 'dialect',
  maxLength: 1500,
  seeds: [
    `\0${ADDRESS}\x01mx.example.org\x01<Alice@Example.org>\x01<b@example.net>`,
    `\0${ADDRESS}\x01h\x01\x01<>`,
    `\x03${ADDRESS}`,
    `\x05${ADDRESS}`,
    '\x00239.0.0.1\x01h\x01f\x01t',
  ].map((text) => Buffer.from(text)),
  tokens: ['\x01', '\x01\x01', ...PARTS].map((text) => Buffer.from(text)),
  run(input) {
    const [ip = '', helo = '', from = '', to = ''] = textsOf(input.subarray(1));
    const type = TYPES[(input[0] ?? 0) % TYPES.length] as Entry['type'];
    const entry = type === 'grey' ? { type, ip, helo, from, to, timestamp: 7 } : { type, ip, timestamp: 7, expires: 8 };
    checkSent(entry as Entry);
  },
};

/** What becomes of an entry on its way to each kind of receiver. */
export function checkSent(entry: Entry): void {
  for (const dialect of ['spamd', 'greyd'] as const) {
    const sent = inDialect(entry, parseIPv4(entry.ip), dialect);
    if (typeof sent === 'string') continue;
    ok(isUnicastIPv4(parseIPv4(sent.ip)), 'an address that no client has');
    ok(dialect === 'greyd' || !sent.type.startsWith('remove'), 'spamd stops reading at a removal');
    if (sent.type === 'grey') checkStrings(sent, dialect);
    deepStrictEqual(inDialect(sent, parseIPv4(sent.ip), dialect), sent, 'sanitised twice is something else');
    checkEncoded(sent);
  }
}

function checkStrings({ helo, from, to }: GreyEntry, dialect: 'spamd' | 'greyd'): void {
  for (const text of [helo, from, to]) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    ok(text !== '' && !/[\x00-\x1f\x7f]/.test(text), 'an empty string, or controls');
    ok(dialect === 'spamd' || (Buffer.byteLength(text) <= 256 && !/["\\]/.test(text)), 'greyd exits');
  }
  ok(to !== '<>', 'an empty recipient');
  const isBracketed = [from, to].every((address) => address.startsWith('<') || address.endsWith('>'));
  ok(dialect === 'greyd' || isBracketed, 'no brackets');
  ok(dialect === 'spamd' || !/[<>A-Z]/.test(to), 'not what greyd makes of an address');
}

function checkEncoded(sent: Entry): void {
  try {
    const decoded = naiveDecode(encodeDatagram([sent], { key: KEY, counter: 0 }), KEY_FILE);
    ok('entries' in decoded && decoded.entries.length === 1, 'receivers refuse it');
  } catch (error) {
    // Only what is too long by itself.
    if (!(error instanceof EntryError) || !/over 1408/.test(error.message)) throw error;
  }
}
