import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAddress, canonicalNetwork, networkOf } from '../src/address.ts';

describe('canonicalAddress', () => {
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
  ])('the canonical form of %j is %j', (given, expected) => {
    expect(canonicalAddress(given)).toBe(expected);
  });
});

describe('networkOf and canonicalNetwork', () => {
  it('all addresses are in one network of prefix 0', () => {
    // Bytes that the fuzz loop found; the zone is left out.
    const found = canonicalAddress('::ffff:c:8%02::ffff:1921001:db8:1') ?? '';
    expect(found).toBe('0.12.0.8');
    expect(networkOf(found, { ipv4: 0 })).toBe('0.0.0.0/0');
    expect(canonicalNetwork('192.0.2.1/0')).toBe('0.0.0.0/0');
    expect(networkOf('2001:db8::1', { ipv6: 0 })).toBe('::/0');
  });

  it('an IPv6 address that is written with a dotted quad has the network of its bits', () => {
    expect(canonicalAddress('::255.255.255.255')).toBe('::255.255.255.255');
    expect(networkOf('::255.255.255.255', { ipv6: 119 })).toBe('::255.255.254.0/119');
    expect(networkOf('::192.0.2.1', { ipv6: 64 })).toBe('::/64');
    expect(canonicalNetwork('::255.255.255.255/119')).toBe('::255.255.254.0/119');
  });

  it('an IPv4 address is in one network of a length, which has one form', () => {
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

  it('an IPv6 address is in one network of a length, which has one form', () => {
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
    '%j is no network',
    (given) => {
      expect(canonicalNetwork(given)).toBeUndefined();
    },
  );
});
