import fc from 'fast-check';
import { formatSpamdb, parseAddressList, parseSpamdb, type SpamdbRecord } from 'spamd-sync/spamdb';
import { describe, expect, it } from 'vitest';
import { collect, lineErrorOf, readLines, text } from './helpers.ts';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const ip = fc.oneof(fc.ipV4(), fc.ipV6());
/** Anything that a line can hold, with many of the characters that divide it. */
const string = fc
  .array(fc.oneof(fc.constantFrom('|', '<', '>', '||', '<>', '|<', '>|'), fc.string({ unit: 'binary', maxLength: 8 })))
  .map((parts) => [...parts.join('')].filter((c) => c >= ' ' && c !== '\x7f' && !/[\ud800-\udfff]/u.test(c)).join(''));
const mailbox = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .map((part) => `<${part.replace(/[|<>]|\p{Cc}/gu, '')}@example.org>`);
const numbers = { first: u32, pass: u32, expires: u32, blocked: u32, passed: u32 };
const plain = { noNullPrototype: true };

function grey(strings: Record<'helo' | 'from' | 'to', fc.Arbitrary<string>>): fc.Arbitrary<SpamdbRecord> {
  return fc.record({ type: fc.constant('GREY' as const), ip, ...strings, ...numbers }, plain);
}

const others: fc.Arbitrary<SpamdbRecord> = fc.oneof(
  fc.record({ type: fc.constant('WHITE' as const), ip, ...numbers }, plain),
  fc.record({ type: fc.constant('TRAPPED' as const), ip, expires: u32 }, plain),
  fc.record({ type: fc.constant('SPAMTRAP' as const), address: string.filter((address) => address !== '') }, plain),
  fc.record({ type: fc.constant('DOMAIN' as const), domain: string.filter((domain) => domain !== '') }, plain),
);
/** Whose strings can be told apart: whatever the HELO is, while sender and recipient are in brackets. */
const clear = fc.oneof(grey({ helo: string, from: mailbox, to: mailbox }), others);
const sound = fc.oneof(grey({ helo: string, from: string, to: string }), others);

/** Bytes, cut in places that have nothing to do with what they say. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end));
}

describe('properties of spamdb text', () => {
  it('a record that was written is read again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(clear, { maxLength: 6 }), async (records) => {
        expect(await collect(parseSpamdb(formatSpamdb(records)))).toStrictEqual(records);
      }),
      { numRuns: 500 },
    );
  });

  it('sound text comes back byte for byte, also where strings cannot be told apart', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sound, { maxLength: 6 }), async (records) => {
        const before = await text(formatSpamdb(records));
        expect(await text(formatSpamdb(parseSpamdb(before)))).toBe(before);
      }),
      { numRuns: 1000 },
    );
  });

  const word = fc.constantFrom(
    'GREY',
    'WHITE',
    'TRAPPED',
    'SPAMTRAP',
    'DOMAIN',
    '|',
    '||',
    '\n',
    '\r\n',
    '\0',
    '192.0.2.1',
    '|1',
  );
  const piece = fc.oneof(
    word.map((text) => Buffer.from(text)),
    u32.map((number) => Buffer.from(`|${number}`)),
    fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
  );
  const anything = fc.array(piece, { maxLength: 40 }).map((parts) => Buffer.concat(parts));

  it('any bytes are read, or refused by a LineError', async () => {
    await fc.assert(
      fc.asyncProperty(anything, async (bytes) => {
        const { records, bad } = await readLines(bytes);
        // What was read can be written, and nothing was lost: each line that is not blank is one or the other.
        expect(await collect(parseSpamdb(formatSpamdb(records)))).toEqual(records);
        const lines = bytes.toString('latin1').split('\n');
        const written = lines.filter((line) => line !== '' && line !== '\r');
        expect(records.length + bad.length).toBe(written.length);
        const [first] = bad;
        if (first !== undefined) {
          expect(await lineErrorOf(parseSpamdb(bytes))).toMatchObject({ line: first[0], detail: first[1] });
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('it does not matter where chunks end', async () => {
    await fc.assert(
      fc.asyncProperty(anything, fc.array(fc.nat(), { maxLength: 8 }), async (bytes, places) => {
        expect(await readLines(cut(bytes, places))).toEqual(await readLines(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  it('an address list is read, or refused by a LineError', async () => {
    const line = fc.oneof(
      fc.tuple(ip, fc.constantFrom('', '/0', '/8', '/32', '/128', '/', ' #', '#/')).map((parts) => parts.join('')),
      fc.string({ unit: 'binary', maxLength: 12 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 8 }), async (lines) => {
        const list = lines.join('\n');
        let bad = 0;
        const onBadLine = (): void => {
          bad++;
        };
        const items = await collect(parseAddressList(list, { onBadLine }));
        if (bad > 0) expect((await lineErrorOf(parseAddressList(list))).code).toBe('ERR_SPAMD_LINE');
        const again = items.map(({ address, prefix }) => `${address}/${prefix}`).join('\n');
        expect(await collect(parseAddressList(again))).toEqual(items);
      }),
      { numRuns: 500 },
    );
  });
});
