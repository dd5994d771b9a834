import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { canonicalAddress } from '../../src/address.ts';
import { PrefixCollector } from '../../src/greylist/address-ranges.ts';
import { Exemptions } from '../../src/greylist/exempt.ts';

/** A file of a folder that goes when the test ends. */
function fileOf(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'nospamd-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'nospamd');
  writeFileSync(path, text);
  return path;
}

function bits(address: readonly number[]): string {
  return address.map((word) => word.toString(2).padStart(32, '0')).join('');
}

describe.each([
  { family: 'IPv4', width: 1 },
  { family: 'IPv6', width: 4 },
])('the ranges of $family', ({ width }) => {
  // Few different words, at the ends of their range: so prefixes meet, hold each other, and carry over into the next word.
  const word = fc.constantFrom(0, 1, 2, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff);
  const address = fc.array(word, { minLength: width, maxLength: width });
  const prefix = fc.tuple(address, fc.integer({ min: 0, max: 32 * width }));

  it('hold what one of the prefixes holds, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(prefix, { maxLength: 20 }), fc.array(address, { minLength: 20 }), (prefixes, asked) => {
        const collector = new PrefixCollector(width);
        for (const [first, length] of prefixes) collector.add(first, length);
        const ranges = collector.ranges();
        for (const one of [...asked, ...prefixes.map(([first]) => first)]) {
          const expected = prefixes.some(([first, length]) => bits(one).startsWith(bits(first).slice(0, length)));
          expect(ranges.has(one)).toBe(expected);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('are as few as there can be: those that meet are one', () => {
    const collector = new PrefixCollector(width);
    const high = new Array<number>(width - 1).fill(7);
    for (const low of [5, 4, 6, 4, 0xffff_ffff, 9]) collector.add([...high, low], 32 * width);
    expect(collector.ranges().size).toBe(3);
    collector.add([...high, 8], 32 * width - 2);
    expect(collector.ranges().size).toBe(3);
    collector.add([...high, 7], 32 * width);
    expect(collector.ranges().size).toBe(2);
  });
});

it('a range that ends where the next 32 bits of IPv6 begin meets the one that begins there', () => {
  const collector = new PrefixCollector(4);
  collector.add([1, 2, 3, 0xffff_ffff], 128);
  collector.add([1, 2, 4, 0], 128);
  collector.add([2, 2, 4, 1], 128);
  expect(collector.ranges().size).toBe(2);
});

it.each([
  ['::192.0.2.0/120', '::c000:207', true],
  ['::192.0.2.0/120', '::c000:307', false],
  ['::/0', '2001:db8::1', true],
  ['::/0', '192.0.2.1', false],
  ['2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', true],
  ['1:2:3:4:5:6:7:8/127', '1:2:3:4:5:6:7:9', true],
  ['1:2:3:4:5:6:7:8/127', '1:2:3:4:5:6:7:a', false],
])('the exemption of %s holds %s: %s', (rule, ip, expected) => {
  expect(new Exemptions([rule]).has(canonicalAddress(ip) ?? '')).toBe(expected);
});

describe('a file of exemptions', () => {
  it('may end without a newline, and have blanks, comments and other line ends', () => {
    const exempt = new Exemptions([fileOf('\r\n# caf\u00e9\n\t192.0.2.1\t# one\r\n2001:db8::/32#two\n\n192.0.2.3')]);
    for (const ip of ['192.0.2.1', '192.0.2.3', '2001:db8::7']) expect(exempt.has(ip)).toBe(true);
    for (const ip of ['192.0.2.2', '2001:db9::']) expect(exempt.has(ip)).toBe(false);
  });

  it('is refused where it has no end', () => {
    const message = 'policy.exempt: file "/dev/zero" has more than 100000 bytes';
    expect(() => new Exemptions(['/dev/zero'], { rules: 1, bytes: 100_000 })).toThrow(
      expect.objectContaining({ code: 'ERR_SPAMD_OPTION', message }),
    );
  });

  it('is refused at the line where there are too many, whatever the other files hold', () => {
    const files = [fileOf('192.0.2.1\n192.0.2.1\n'), fileOf('# more\n192.0.2.1\n')];
    expect(new Exemptions(files, { rules: 3, bytes: 100 }).has('192.0.2.1')).toBe(true);
    expect(() => new Exemptions(files, { rules: 2, bytes: 100 })).toThrow(
      `policy.exempt: ${files[1]}:2: more than 2 addresses and prefixes`,
    );
  });

  it('is refused where it cannot be read', () => {
    expect(() => new Exemptions([tmpdir()])).toThrow('cannot be read: EISDIR');
  });
});
