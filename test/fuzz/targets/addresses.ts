/** Addresses and networks in text: taken as Node takes them, in one form each, which a plain expansion agrees with. */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { isIPv4, isIPv6 } from 'node:net';
import { canonicalAddress, canonicalNetwork, formatIPv4, networkOf, parseIPv4 } from '../../../src/address.ts';
import type { Target } from '../engine.ts';

const TEXTS = [
  '192.0.2.1',
  '0.0.0.0',
  '255.255.255.255',
  '2001:db8::1',
  '::',
  '::1',
  'fe80::1%eth0',
  '::ffff:192.0.2.1',
  '::ffff:c000:201',
  '64:ff9b::192.0.2.33',
  '1:2:3:4:5:6:7:8',
  '1::8',
  '1:0:0:2:0:0:0:3',
  '192.0.2.0/24',
  '2001:db8::/32',
  '::/0',
];
const PARTS = [
  '.',
  ':',
  '::',
  '0',
  '00',
  '1',
  '255',
  '256',
  'ffff',
  '/',
  '/0',
  '/32',
  '/33',
  '/128',
  '%',
  ' ',
  '\0',
  'é',
];

export const addresses: Target = {
  name: 'addresses',
  maxLength: 60,
  seeds: TEXTS.map((text) => Buffer.from(text)),
  tokens: [...TEXTS, ...PARTS].map((text) => Buffer.from(text)),
  run(input) {
    const text = input.toString('latin1');
    const number = parseIPv4(text);
    deepStrictEqual(number >= 0, isIPv4(text));
    if (number >= 0) deepStrictEqual(formatIPv4(number), text);
    const canonical = canonicalAddress(text);
    deepStrictEqual(canonical !== undefined, isIPv4(text) || isIPv6(text));
    if (canonical !== undefined) checkAddress(text, canonical, input.length);
    const network = canonicalNetwork(text);
    if (network !== undefined) deepStrictEqual(canonicalNetwork(network) ?? canonicalAddress(network), network);
  },
};

function checkAddress(text: string, canonical: string, seed: number): void {
  const bits = bitsOf(text);
  deepStrictEqual(bitsOf(canonical), bits, 'another address');
  deepStrictEqual(canonicalAddress(canonical), canonical);
  deepStrictEqual(isIPv4(canonical), bits.length === 32, 'not the family that it has');
  if (bits.length === 128) {
    const groups = Array.from({ length: 8 }, (_, at) => bits.slice(at * 16, at * 16 + 16));
    const long = groups.map((group) => Number.parseInt(group, 2).toString(16).padStart(4, '0').toUpperCase()).join(':');
    deepStrictEqual(canonicalAddress(long), canonical, 'the same address in two forms');
  }
  const prefix = (seed * 7) % (bits.length + 1);
  const [network = '', length] = networkOf(canonical, { ipv4: prefix, ipv6: prefix }).split('/');
  ok(length === undefined ? prefix === bits.length : Number(length) === prefix, 'not the prefix that was asked for');
  // A network of an IPv6 address may begin like one that is mapped.
  const expected = bits.slice(0, prefix).padEnd(bits.length, '0');
  deepStrictEqual(isIPv4(network) === (bits.length === 32) ? bitsOf(network) : expected, expected);
}

/** An address as zeros and ones: 32, also for IPv4 mapped into IPv6, or 128. */
function bitsOf(text: string): string {
  const bits = isIPv4(text) ? quad(text) : ipv6(text.replace(/%.*/s, ''));
  const mapped = `${'0'.repeat(80)}${'1'.repeat(16)}`;
  return bits.length === 128 && bits.startsWith(mapped) ? bits.slice(96) : bits;
}

function quad(text: string): string {
  return text
    .split('.')
    .map((octet) => Number(octet).toString(2).padStart(8, '0'))
    .join('');
}

function ipv6(text: string): string {
  const [left = '', right = ''] = text.split('::').map((half) => {
    const parts = half === '' ? [] : half.split(':');
    return parts
      .map((part) => (part.includes('.') ? quad(part) : Number.parseInt(part, 16).toString(2).padStart(16, '0')))
      .join('');
  });
  return left + right.padStart(128 - left.length, '0');
}
