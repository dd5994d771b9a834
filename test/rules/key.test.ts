import fc from 'fast-check';
import { canonicalMailbox, originalOf, splitKey, tupleKey, typedStrings } from 'spamd-sync/store';
import { describe, expect, it } from 'vitest';
import { canonicalAddress, canonicalNetwork, networkOf } from '../../src/address.ts';
import { ATTEMPT, listed, PASSTIME, setUp } from '../greylist/setup.ts';

const key = tupleKey('198.51.100.7', 'mail.example.org', 'alice@example.org', 'bob@example.net');

describe('the tuple of an attempt', () => {
  it.each([
    { helo: 'MAIL.Example.org' },
    { from: 'alice@example.org' },
    { from: 'Alice@EXAMPLE.org', to: '<BOB@example.net>' },
    { from: '<"alice"@example.org>' },
    { from: '<ali\\ce@example.org>', to: 'bob@example.net' },
    { ip: '::ffff:198.51.100.7' },
  ])('an attempt that differs in %j alone is the same tuple', async (other) => {
    const { greylist, clock } = setUp();
    await greylist.check(ATTEMPT);
    clock.time += PASSTIME + 1;
    expect(await greylist.check({ ...ATTEMPT, ...other })).toMatchObject({ reason: 'retry' });
  });

  it.each([
    { from: '<alice@example.org>', to: '<bob@example.net.>' },
    { helo: '"mail.example.org"' },
    { from: '' },
    { from: 'alice@example.org bob' },
    { ip: '198.51.100.8' },
  ])('an attempt that differs in %j is another tuple', async (other) => {
    const { greylist, clock } = setUp();
    await greylist.check(ATTEMPT);
    clock.time += PASSTIME + 1;
    expect(await greylist.check({ ...ATTEMPT, ...other })).toMatchObject({ reason: 'first-sight' });
  });

  it('the null sender is one sender as "" and as <>', async () => {
    const { greylist, clock } = setUp();
    await greylist.check({ ...ATTEMPT, from: '' });
    clock.time += PASSTIME + 1;
    expect(await greylist.check({ ...ATTEMPT, from: '<>' })).toMatchObject({ reason: 'retry' });
  });

  it.each([
    { helo: 'quotes " and \\' },
    { helo: '' },
    { helo: 'nul \0 nl \n cr \r tab \t del \x7f', listedAs: 'nul ? nl ? cr ? tab ? del ?' },
    { helo: 'bücher.example é 日本 🐡' },
    { helo: 'x'.repeat(4096) },
    { helo: 'y'.repeat(100_000), listedAs: 'y'.repeat(4096) },
    { helo: 'é'.repeat(5000), listedAs: 'é'.repeat(4096) },
    { helo: 'half of a pair \ud83d', listedAs: 'half of a pair \ufffd' },
  ])('a HELO that no client should send is recorded: $helo', async ({ helo, listedAs }) => {
    const { greylist, clock } = setUp();
    const attempt = { ...ATTEMPT, helo, from: `<${helo}@example.org>` };
    expect(await greylist.check(attempt)).toMatchObject({ reason: 'first-sight' });
    expect(await listed(greylist)).toMatchObject([{ helo: listedAs ?? helo, to: ATTEMPT.to }]);
    clock.time += PASSTIME + 1;
    expect(await greylist.check({ ...attempt })).toMatchObject({ reason: 'retry' });
  });
});

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

  it('no original is kept of strings that are canonical but for their brackets', () => {
    expect(originalOf(key, 'mail.example.org', '<alice@example.org>', '<bob@example.net>')).toBeUndefined();
    expect(originalOf(key, 'Mail.example.org', '<alice@example.org>', '<bob@example.net>')).toContain('Mail');
  });

  it('the key of a tuple and the canonical mailbox are bounded', () => {
    const long = '<'.concat('é'.repeat(10_000), '>');
    expect(tupleKey('192.0.2.1', long, long, long).length).toBeLessThan(4 * 4096 + 4);
    expect(canonicalMailbox(`${'x'.repeat(5000)}`)).toBe('x'.repeat(4096));
  });
});

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['2001:0DB8:0000::0001', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::', '::'],
    ['192.0.2.01', undefined],
    ['192.0.2', undefined],
    [' 192.0.2.1', undefined],
    ['[::1]', undefined],
    ['', undefined],
  ])('%j is %j', (given, expected) => {
    expect(canonicalAddress(given)).toBe(expected);
  });

  it('is in one network of a length, which is written in one way', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 1, max: 31 }), (ip, ipv4) => {
        const network = networkOf(ip, { ipv4 });
        const bits = (of: string) =>
          of
            .split('.')
            .map((octet) => Number(octet).toString(2).padStart(8, '0'))
            .join('');
        const [base = '', length] = network.split('/');
        expect(length).toBe(`${ipv4}`);
        expect(bits(base)).toBe(bits(ip).slice(0, ipv4).padEnd(32, '0'));
        expect(canonicalNetwork(network)).toBe(network);
        expect(canonicalNetwork(`${ip}/${ipv4}`)).toBe(network);
      }),
    );
  });

  it('of IPv6 likewise', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }),
        fc.integer({ min: 32, max: 96 }),
        (groups, ipv6) => {
          const ip = canonicalAddress(groups.map((group) => group.toString(16)).join(':')) ?? '';
          const kept = groups.map((group, at) => {
            const bits = Math.min(16, Math.max(0, ipv6 - 16 * at));
            return group - (group % 2 ** (16 - bits));
          });
          const base = canonicalAddress(kept.map((group) => group.toString(16)).join(':'));
          fc.pre(!ip.includes('.'));
          expect(networkOf(ip, { ipv6 })).toBe(`${base}/${ipv6}`);
        },
      ),
    );
  });

  it.each(['192.0.2.1', '192.0.2.0/33', '2001:db8::/129', '192.0.2.0/', 'x/24', '/24', '192.0.2.0/2x'])(
    '%s is no network',
    (given) => {
      expect(canonicalNetwork(given)).toBeUndefined();
    },
  );
});
