import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClientNetwork, networkOfClient, Shares } from '../../src/store/shares.ts';

describe('networkOfClient', () => {
  it.each([
    ['192.0.2.1', '192.0.2.254'],
    ['192.0.2.0/24', '192.0.2.7'],
    ['255.255.255.0', '255.255.255.255'],
    ['2001:db8:1::1', '2001:db8:1:ffff::1'],
    ['2001:db8:1:2::/64', '2001:db8:1::1'],
    ['::1:2:3:4:5:6', '0:0:1:ffff::'],
    ['::', '::1'],
  ])('%s and %s are of one network', (one, other) => {
    expect(networkOfClient(one)).toBe(networkOfClient(other));
  });

  it.each([
    ['192.0.2.1', '192.0.3.1'],
    ['0.0.0.0', '::'],
    ['0.0.0.1', '::1'],
    ['2001:db8:1::1', '2001:db8:2::1'],
    ['ffff:ffff:ffff::', 'ffff:ffff:fffe::'],
    ['example.org', 'example.net'],
    ['192.0.2', '192.0.2.0'],
    ['a/24', 'b/24'],
    ['a:b', '::'],
  ])('%s and %s are of two networks', (one, other) => {
    expect(networkOfClient(one)).not.toBe(networkOfClient(other));
  });
});

describe('Shares', () => {
  it('what networks hold is added up for each and for all', () => {
    const shares = new Shares();
    shares.add(1, 100);
    shares.add('a', 5);
    const slot = shares.add(1, 20);
    shares.addAt(slot, -10);
    shares.remove('a', 2);
    expect([shares.of(1), shares.of('a'), shares.of(2)]).toEqual([110, 3, 0]);
    expect([shares.total, shares.size]).toEqual([113, 2]);
    expect(shares.networkAt(slot)).toBe(1);
  });

  it('a network that holds nothing any more is forgotten, and its slot used again', () => {
    const shares = new Shares();
    const slot = shares.add(1, 100);
    shares.remove(1, 200);
    shares.remove(7, 1);
    expect([shares.of(1), shares.total, shares.size, shares.largest()]).toEqual([0, 0, 0, undefined]);
    expect(shares.add(2, 1)).toBe(slot);
  });

  it('the network that holds the most makes room', () => {
    const shares = new Shares();
    shares.add('small', 10);
    shares.add('large', 1000);
    shares.add('middle', 100);
    expect(shares.largest('small')).toBe('large');
    expect(shares.largest('new')).toBe('large');
    shares.remove('large', 990);
    expect(shares.largest('small')).toBe('middle');
  });

  it('a network among those that hold the most makes room for itself', () => {
    const shares = new Shares();
    shares.add('one', 1000);
    shares.add('other', 1010);
    expect(shares.largest('other')).toBe('other');
    expect(shares.largest('one')).toBe('one');
    expect(shares.largest('new')).toBe('one');
  });

  it('of networks that hold as much the one longest unused makes room', () => {
    const shares = new Shares();
    const slots = ['a', 'b', 'c'].map((network) => shares.add(network, 100));
    shares.touchAt(slots[0] as number);
    expect(shares.largest('new')).toBe('b');
    shares.add('b', 1);
    expect(shares.largest('new')).toBe('c');
  });

  it('networks that hold less than what counts as alike make room in the order of their use', () => {
    const shares = new Shares(1024);
    shares.add('first', 100);
    shares.add('second', 1023);
    expect(shares.largest('new')).toBe('first');
    shares.add('second', 1025);
    expect(shares.largest('new')).toBe('second');
  });

  it('shares of many gigabytes have their order', () => {
    const shares = new Shares();
    shares.add('a', 2 ** 31);
    shares.add('b', 2 ** 40);
    shares.add('c', 2 ** 36);
    expect(shares.largest()).toBe('b');
    shares.remove('b', 2 ** 40);
    expect(shares.largest()).toBe('c');
  });

  it('agrees with a plain table of sums about who holds what and who makes room', () => {
    const change = fc.record({
      network: fc.integer({ min: 0, max: 20 }),
      amount: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 2 ** 33 })),
      removes: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
        const shares = new Shares();
        const sums = new Map<ClientNetwork, number>();
        for (const { network, amount, removes } of changes) {
          if (removes) shares.remove(network, amount);
          else shares.add(network, amount);
          const sum = Math.max(0, (sums.get(network) ?? 0) + (removes ? -amount : amount));
          if (sum === 0) sums.delete(network);
          else sums.set(network, sum);
        }
        const all = [...sums.values()];
        expect(shares.size).toBe(sums.size);
        expect(shares.total).toBe(all.reduce((total, sum) => total + sum, 0));
        for (const [network, sum] of sums) expect(shares.of(network)).toBe(sum);
        const bin = (sum: number) => Math.floor(Math.log2(sum));
        const top = bin(Math.max(...all));
        for (const network of [21, ...sums.keys()]) {
          const victim = shares.largest(network);
          if (sums.size === 0) expect(victim).toBeUndefined();
          else if (bin(shares.of(network)) === top) expect(victim).toBe(network);
          else expect(bin(sums.get(victim as number) as number)).toBe(top);
        }
      }),
    );
  });
});
