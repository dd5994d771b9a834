/** Datagrams: decoded as the naive decoder decodes them, and encoded again to the same entries. */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { type Datagram, DecodeError, decodeDatagram, EntryError, encodeDatagram } from 'spamd-sync/wire';
import { END, frame, KEY, KEY_FILE, rawGrey, signed, tlv } from '../../support/frame.ts';
import { captured, hostile } from '../../support/vectors.ts';
import type { Target } from '../engine.ts';
import { naiveDecode } from './naive-decoder.ts';

const HEADER = 32;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\x00-\x1f\x7f]/;

export const wire: Target = {
  name: 'wire',
  maxLength: 1500,
  seeds: [...captured, ...hostile].map(({ datagramHex }) => Buffer.from(datagramHex, 'hex')),
  tokens: [
    END,
    rawGrey(),
    rawGrey({ from: '', to: '', helo: '' }),
    ...[0, 1, 2, 3, 4, 5, 6, 0xffff].map((type) => tlv(type, Buffer.alloc(12, 7))),
    ...['\0', '\r\n', '<>', '\u00e9', '\ufeff', '"', '\\'].map((text) => Buffer.from(text)),
  ],
  /** As it came, with the right HMAC, and with the header of a sound datagram as well. */
  run(input) {
    check(input);
    if (input.length < HEADER) return;
    check(signed(input));
    if (input.length <= 1408) check(frame([input.subarray(HEADER)], { counter: input.readUInt32BE(4) }));
  },
};

function check(bytes: Buffer): void {
  const decoded = decodedOf(bytes);
  deepStrictEqual(decoded, naiveDecode(bytes, KEY_FILE));
  if ('entries' in decoded) checkEncoded(decoded);
}

function decodedOf(bytes: Buffer): Datagram | { readonly reason: string; readonly offset: number } {
  const before = Buffer.from(bytes);
  try {
    return decodeDatagram(bytes, { key: KEY });
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { reason: error.reason, offset: error.offset };
  } finally {
    ok(before.equals(bytes), 'decoding changes the datagram');
  }
}

/** What was decoded can be encoded unless it holds what is never sent, and then comes back. */
function checkEncoded({ entries, counter }: Datagram): void {
  const texts = entries.flatMap((entry) => (entry.type === 'grey' ? [entry.helo, entry.from, entry.to] : []));
  const isSound = texts.every((text) => text !== '' && !CONTROL.test(text));
  const size = entries.reduce((sum, entry) => {
    if (entry.type !== 'grey') return sum + 16;
    const strings = [entry.helo, entry.from, entry.to].map((text) => Buffer.byteLength(text) + 1);
    return sum + Math.ceil((18 + strings.reduce((a, b) => a + b, 0)) / 16) * 16;
  }, HEADER + END.length);
  try {
    const bytes = encodeDatagram(entries, { key: KEY, counter });
    ok(isSound, 'what is never sent was encoded');
    deepStrictEqual(bytes.length, size);
    deepStrictEqual(decodeDatagram(bytes, { key: KEY }), { entries, counter, unknownTlvs: 0 });
  } catch (error) {
    if (error instanceof EntryError) ok(!isSound || size > 1408, `refused: ${error.message}`);
    else if (!(error instanceof Error && 'code' in error && error.code === 'ERR_SPAMD_TOO_LONG' && size > 1408))
      throw error;
  }
}
