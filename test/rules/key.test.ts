import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOfKey, canonicalMailbox, originalOf, splitKey, tupleKey, typedStrings } from '../../src/rules/key.ts';

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

  it('an original keeps 4096 characters of each string', () => {
    const cut = originalOf(key, 'X'.repeat(4097), 'Y'.repeat(4097), 'Z'.repeat(4097));
    expect(cut).toBe(['X', 'Y', 'Z'].map((letter) => letter.repeat(4096)).join('\0'));
  });

  it('the key of a tuple and the canonical mailbox are bounded', () => {
    const long = '<'.concat('é'.repeat(10_000), '>');
    expect(tupleKey('192.0.2.1', long, long, long).length).toBeLessThan(4 * 4096 + 4);
    expect(canonicalMailbox('x'.repeat(4097))).toBe('x'.repeat(4096));
    expect(canonicalMailbox('é'.repeat(4097))).toBe('é'.repeat(2048));
    expect(canonicalMailbox(`é${'<'.repeat(4095)}x`)).toBe('é');
    const longest = 'x'.repeat(4096);
    expect(tupleKey(longest, longest, longest, longest)).toBe([longest, longest, longest, longest].join('\0'));
  });
});
