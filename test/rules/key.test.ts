import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressOfKey,
  canonicalMailbox,
  MAX_CUT,
  MAX_STRINGS,
  originalOf,
  splitKey,
  tupleKey,
  typedStrings,
} from '../../src/rules/key.ts';
import { GREY_HEADER_SIZE, HEADER_SIZE, MAX_SIZE } from '../../src/wire/constants.ts';

const key = tupleKey('198.51.100.7', 'mail.example.org', 'alice@example.org', 'bob@example.net');

/** Characters of every kind that matters, and pieces of mail addresses. */
const piece = fc.oneof(
  fc.constantFrom('<', '>', '"', '\\', '@', '\0', '\n', '\x7f', ' ', '?', 'A', 'a', 'Z', 'é', 'É', 'ſ', 'K', '🐡'),
  fc.string({ maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
);
const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
const address = fc.ipV4();

/** As it can be kept: controls as `?`, and half a surrogate pair as UTF-8 has it. */
function printable(value: string): string {
  const characters = [...value].map((character) => (/\p{Cc}/u.test(character) && character < '\x80' ? '?' : character));
  return Buffer.from(characters.join('')).toString();
}

/** The canonical form, stated in another way than the code does. */
function canonical(value: string, mailbox: boolean): string {
  const kept = mailbox ? value.replace(/[<>"\\]/g, '') : value;
  return printable(kept.replace(/[A-Z]/g, (upper) => upper.toLowerCase()));
}

describe('tupleKey, splitKey and originalOf', () => {
  it('the key of a tuple is made of the canonical parts, and gives them back', () => {
    fc.assert(
      fc.property(address, text, text, text, (ip, helo, from, to) => {
        const parts = {
          ip,
          helo: canonical(helo, false),
          from: canonical(from, true),
          to: canonical(to, true),
        };
        const made = tupleKey(ip, helo, from, to);
        expect(splitKey(made)).toEqual(parts);
        expect(addressOfKey(made)).toBe(ip);
        expect(tupleKey(parts.ip, parts.helo, parts.from, parts.to)).toBe(made);
      }),
    );
  });

  it('two tuples have one key only if they are canonically equal', () => {
    const few = fc
      .array(fc.constantFrom('a', 'A', '<', '\0', '?', '@', 'é'), { maxLength: 3 })
      .map((all) => all.join(''));
    const tuple = fc.tuple(fc.constantFrom('192.0.2.1', '192.0.2.11'), few, few, few);
    fc.assert(
      fc.property(tuple, tuple, (one, other) => {
        const parts = ([ip, helo, from, to]: typeof one) => [
          ip,
          canonical(helo, false),
          canonical(from, true),
          canonical(to, true),
        ];
        const equal = JSON.stringify(parts(one)) === JSON.stringify(parts(other));
        expect(tupleKey(...one) === tupleKey(...other)).toBe(equal);
      }),
      { numRuns: 2000 },
    );
  });

  it('the key and the original give the strings back as typed, but for controls', () => {
    fc.assert(
      fc.property(text, text, text, (helo, from, to) => {
        const made = tupleKey('192.0.2.1', helo, from, to);
        const back = typedStrings(made, originalOf(made, helo, from, to));
        expect(back).toEqual({ helo: printable(helo), from: printable(from), to: printable(to) });
      }),
    );
  });

  it('strings in brackets come back as typed, whatever of them the key leaves out or writes longer', () => {
    const odd = fc.string({
      unit: fc.constantFrom('a', 'A', '"', '\0', '?', '\u00c3', '\u0083', '\u00e9'),
      maxLength: 4,
    });
    fc.assert(
      fc.property(odd, odd, odd, (helo, sender, recipient) => {
        const [from, to] = [`<${sender}>`, `<${recipient}>`];
        const made = tupleKey('192.0.2.1', helo, from, to);
        const back = typedStrings(made, originalOf(made, helo, from, to));
        expect(back).toEqual({ helo: printable(helo), from: printable(from), to: printable(to) });
      }),
      { numRuns: 2000 },
    );
  });

  const typed = { helo: 'mail.example.org', from: '<alice@example.org>', to: '<bob@example.net>' };

  it('no original is kept of strings that are canonical but for their brackets', () => {
    expect(originalOf(key, typed.helo, typed.from, typed.to)).toBeUndefined();
    expect(typedStrings(key, undefined)).toEqual(typed);
  });

  it.each([{ helo: 'Mail.example.org' }, { from: 'alice@example.org' }, { to: 'bob@example.net' }])(
    'an original is kept where %j alone is not canonical',
    (other) => {
      const { helo, from, to } = { ...typed, ...other };
      const original = originalOf(key, helo, from, to);
      expect(original).toBe(`${helo}\0${from}\0${to}`);
      expect(typedStrings(key, original)).toEqual({ helo, from, to });
    },
  );

  it('an original has half a surrogate pair as U+FFFD, as UTF-8 has it', () => {
    expect(originalOf(key, 'half \ud83d', typed.from, typed.to)).toBe(`half \ufffd\0${typed.from}\0${typed.to}`);
  });

  it('no original is kept of strings that had to be cut', () => {
    const long = 'X'.repeat(MAX_STRINGS);
    const made = tupleKey('192.0.2.1', long, '<A@B>', '<C@D>');
    expect(originalOf(made, long, '<A@B>', '<C@D>')).toBeUndefined();
    expect(typedStrings(made, undefined)).toMatchObject({ from: '<a@b>', to: '<c@d>' });
  });
});

describe('long strings in a tuple', () => {
  it('strings are kept whole as long as a datagram could hold them', () => {
    expect(MAX_STRINGS).toBe(MAX_SIZE - HEADER_SIZE - GREY_HEADER_SIZE);
    const rest = MAX_STRINGS - 'fg'.length;
    const long = 'X'.repeat(rest);
    const made = tupleKey('192.0.2.1', long, 'F', 'G');
    expect(splitKey(made)).toEqual({ ip: '192.0.2.1', helo: 'x'.repeat(rest), from: 'f', to: 'g' });
    expect(originalOf(made, long, 'F', 'G')).toBe(`${long}\0F\0G`);
    expect(splitKey(tupleKey('192.0.2.1', `${long}X`, 'f', 'g')).helo).toHaveLength(MAX_CUT);
  });

  it('of strings that are too long each has at most 255 bytes left, with a checksum and its length', () => {
    const long = '<'.concat('é'.repeat(10_000), '>');
    const { helo, from, to } = splitKey(tupleKey('192.0.2.1', long, long, `<${'A'.repeat(255)}>`));
    expect(helo).toMatch(/^<é{118,120}~[\da-f]{8}-20002$/);
    expect(from).toMatch(/^é{118,120}~[\da-f]{8}-20000$/);
    expect(Buffer.byteLength(helo)).toBeLessThanOrEqual(MAX_CUT);
    expect(to).toBe('a'.repeat(255));
  });

  it('two tuples that differ only at the end of a long string stay two, in whatever form they are typed', () => {
    const long = 'x'.repeat(100_000);
    const keys = [`${long}a`, `${long}b`, `${long}aa`].map((to) => tupleKey('192.0.2.1', 'h', 'f', to));
    expect(new Set(keys).size).toBe(3);
    expect(tupleKey('192.0.2.1', 'h', 'f', `<${long.toUpperCase()}A>`)).toBe(keys[0]);
  });

  it('the key of strings that were cut is made again from what is left of them', () => {
    fc.assert(
      fc.property(
        address,
        fc.constantFrom('a', 'é', '水', '🐡', 'É<'),
        fc.nat(1000),
        text,
        (ip, letter, more, rest) => {
          const long = letter.repeat(MAX_STRINGS + more) + rest;
          const made = tupleKey(ip, long, long, long);
          const { helo, from, to } = splitKey(made);
          expect(tupleKey(ip, helo, from, to)).toBe(made);
          expect(made.length).toBeLessThanOrEqual(MAX_CUT * 4 + 3);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('what stands for an address has at most 255 bytes in a key', () => {
    expect(splitKey(tupleKey('n'.repeat(9999), 'h', 'f', 't')).ip).toHaveLength(MAX_CUT);
  });

  it('a mail address that no datagram has room for is cut, one that fits is not', () => {
    expect(canonicalMailbox('X'.repeat(MAX_STRINGS))).toBe('x'.repeat(MAX_STRINGS));
    expect(canonicalMailbox('x'.repeat(MAX_STRINGS + 1))).toHaveLength(MAX_CUT);
    expect(canonicalMailbox('水'.repeat(452))).toBe('水'.repeat(452));
    expect(Buffer.byteLength(canonicalMailbox('水'.repeat(453)))).toBeLessThanOrEqual(MAX_CUT);
    expect(canonicalMailbox(`é${'<'.repeat(4095)}x`)).toBe('éx');
  });
});
