import { Keyring, MemoryStore } from 'spamd-sync';
import { type StoreRecord, tupleKey } from 'spamd-sync/store';
import { describe, expect, it } from 'vitest';
import { address, attempt, change, NOW, tuple } from '../support/records.ts';
import { connectedTo, KEY, OFTEN, OTHER_KEY, type Peer, peerWith, stateAt, until } from './setup.ts';

const WHITES: StoreRecord[] = Array.from({ length: 40 }, (_, i) => ({
  type: 'address',
  ip: `192.0.2.${i}`,
  record: address({ white: [{ at: NOW - 10, expires: NOW + 100_000 }] }),
}));
const TUPLE = { ip: '198.51.100.1', helo: 'mx.example.org', from: '<a@example.org>', to: '<b@example.net>' };
const TUPLE_KEY = tupleKey(TUPLE.ip, TUPLE.helo, TUPLE.from, TUPLE.to);

async function sharedOf({ store }: Peer): Promise<unknown[]> {
  const records: string[] = [];
  for await (const item of store.records()) {
    if (item.type === 'tuple') records.push(JSON.stringify([item.key, item.record.first]));
    if (item.type !== 'address') continue;
    const { white, trapped, whiteRemoved, trappedRemoved } = item.record;
    records.push(JSON.stringify([item.ip, white, trapped, whiteRemoved, trappedRemoved]));
  }
  return records.sort();
}

describe('a round', () => {
  it('brings an empty peer all that the other holds before open resolves, where it is to wait', async () => {
    const store = new MemoryStore();
    store.load(WHITES);
    attempt(store, TUPLE);
    await using full = await peerWith({ store });
    await using empty = await peerWith({ with: [full.at], listen: undefined, joinTimeout: 60 });
    expect(await sharedOf(empty)).toEqual(await sharedOf(full));
    expect(empty.rounds).toMatchObject([{ address: '127.0.0.1', received: 41, merged: 41 }]);
    expect(empty.exchange.stats()).toMatchObject({ rounds: 1, recordsReceived: 41, failedRounds: 0, malformed: 0 });
    await until(() => full.rounds.length > 0);
    expect(full.exchange.stats()).toMatchObject({ recordsSent: 41, recordsReceived: 0 });
    // The claims are of the group, and nothing is announced of what was received.
    expect(empty.wire.announced).toEqual([]);
  });

  it('finds one record that changed, and sends that alone', async () => {
    const stores = [new MemoryStore(), new MemoryStore()] as const;
    for (const store of stores) store.load(WHITES);
    await using one = await peerWith({ store: stores[0] });
    await one.greylist.trap('192.0.2.7');
    await using other = await peerWith({ store: stores[1], with: [one.at], listen: undefined, joinTimeout: 60 });
    expect(other.rounds).toMatchObject([{ leaves: 1, received: 1 }]);
    expect(await stateAt(other, '192.0.2.7')).toBe('trapped');
    expect((await other.greylist.why('192.0.2.7')).evidence).toMatchObject([{ kind: 'operator', source: '127.0.0.1' }]);
    const { bytesIn = 0, bytesOut = 0 } = connectedTo(other)[0] ?? {};
    expect(bytesIn + bytesOut).toBeLessThan(2500);
  });

  it('brings removals and traps both ways', async () => {
    const stores = [new MemoryStore(), new MemoryStore()] as const;
    for (const store of stores) store.load(WHITES);
    await using one = await peerWith({ store: stores[0] });
    await one.greylist.forget('192.0.2.1');
    change(stores[1], '192.0.2.2', {
      type: 'trapped',
      at: NOW,
      expires: NOW + 100,
      local: true,
      trappedBy: 'operator',
    });
    await using other = await peerWith({ store: stores[1], with: [one.at], listen: undefined, joinTimeout: 60 });
    await until(() => one.rounds.length > 0);
    for (const peer of [one, other]) {
      expect(await stateAt(peer, '192.0.2.1')).toBe('unknown');
      expect(await stateAt(peer, '192.0.2.2')).toBe('trapped');
    }
    expect(await sharedOf(other)).toEqual(await sharedOf(one));
  });

  it('takes the earlier sight of a tuple, and makes nobody white by it', async () => {
    const early = new MemoryStore();
    early.load([{ type: 'tuple', key: TUPLE_KEY, record: tuple({ first: NOW - 7000, expires: NOW + 7400 }) }]);
    const late = new MemoryStore();
    attempt(late, { ...TUPLE, now: NOW });
    await using one = await peerWith({ store: early });
    await using other = await peerWith({ store: late, with: [one.at], listen: undefined, joinTimeout: 60 });
    await until(() => one.rounds.length > 0);
    expect(await stateAt(other, TUPLE.ip)).toBe('unknown');
    for (const { store } of [one, other]) {
      for await (const item of store.records())
        expect(item).toMatchObject({ record: { first: NOW - 7000, passed: 0 } });
    }
    expect(await other.greylist.check(TUPLE)).toMatchObject({ action: 'pass', reason: 'retry' });
  });

  it('brings a tuple that is seen anew where it has expired and no sweep has removed it', async () => {
    const store = new MemoryStore();
    store.load([{ type: 'tuple', key: TUPLE_KEY, record: tuple({ first: NOW - 20_000, expires: NOW - 5600 }) }]);
    const fresh = new MemoryStore();
    attempt(fresh, TUPLE);
    await using one = await peerWith({ store: fresh });
    await using other = await peerWith({ store, with: [one.at], listen: undefined, joinTimeout: 60 });
    expect(await sharedOf(other)).toEqual([JSON.stringify([TUPLE_KEY, NOW])]);
  });

  it('sends nothing of what has expired, nor of spamtraps', async () => {
    const store = new MemoryStore();
    store.load([
      { type: 'tuple', key: TUPLE_KEY, record: tuple({ first: NOW - 20_000, expires: NOW - 1 }) },
      { type: 'address', ip: '192.0.2.1', record: address({ white: [{ at: NOW - 10, expires: NOW - 1 }] }) },
      { type: 'spamtrap', address: 'trap@example.org' },
    ]);
    await using one = await peerWith({ store });
    await using other = await peerWith({ with: [one.at], listen: undefined, joinTimeout: 60 });
    expect(other.rounds).toMatchObject([{ received: 0 }]);
    expect(await sharedOf(other)).toEqual([]);
  });

  it('asks again for nothing that the policy refuses', async () => {
    const store = new MemoryStore();
    attempt(store, TUPLE);
    const policy = { allowedDomains: ['@example.com'] };
    await using one = await peerWith({ store });
    await using other = await peerWith({ policy, with: [one.at], listen: undefined, ...OFTEN, joinTimeout: 60 });
    expect(other.rounds).toMatchObject([{ received: 1, merged: 0 }]);
    other.store.load(WHITES.slice(0, 1));
    await until(() => other.rounds.length > 1);
    expect(await sharedOf(other)).toHaveLength(1);
  });

  it('heals a sum that the digest lost track of, as when the store made room', async () => {
    const store = new MemoryStore({ maxAddresses: 16 });
    await using one = await peerWith({ store });
    for (let i = 0; i < 30; i++) await one.greylist.allow(`10.${i}.0.1`);
    await using other = await peerWith({ with: [one.at], listen: undefined, ...OFTEN, joinTimeout: 60 });
    expect(await sharedOf(other)).toEqual(await sharedOf(one));
    await until(() => other.rounds.some(({ leaves }) => leaves === 0));
  });
});

describe('IPv6', () => {
  it('goes to the other peers live and in repair, and never to the group on the wire', async () => {
    await using one = await peerWith();
    await one.greylist.trap('2001:db8:1::1');
    await using other = await peerWith({ with: [one.at], listen: undefined, joinTimeout: 60 });
    expect(await stateAt(other, '2001:db8:1::/64')).toBe('trapped');
    await one.greylist.trap('2001:db8:2::1');
    await other.greylist.allow('2001:db8:3::1');
    await other.greylist.allow('192.0.2.1');
    await until(async () => (await stateAt(other, '2001:db8:2::/64')) === 'trapped');
    await until(async () => (await stateAt(one, '2001:db8:3::/64')) === 'white');
    expect(one.wire.announced).toEqual([]);
    expect(other.wire.announced).toMatchObject([{ ip: '192.0.2.1' }]);
    expect(one.exchange.stats()).toMatchObject({ announced: 2, received: 1 });
    // Each once, and none of them forwarded.
    expect(other.exchange.stats()).toMatchObject({ announced: 1, received: 1 });
    const attempt = { ip: '2001:db8:4::1', helo: 'x'.repeat(5000), from: '<a@example.org>', to: '<b@example.net>' };
    await one.greylist.check(attempt);
    await until(() => one.exchange.stats().unsent === 1);
    expect(one.exchange.stats()).toMatchObject({ announced: 3, malformed: 0 });
  });
});

describe('the connections of a group', () => {
  it('are one between two peers that name each other', async () => {
    await using one = await peerWith();
    await using other = await peerWith({ with: [one.at] });
    await using third = await peerWith({ with: [one.at, other.at, one.at] });
    await until(() => third.rounds.length >= 2 && connectedTo(other).length === 2);
    await until(() => connectedTo(one).length === 2 && connectedTo(third).length === 2);
    expect([one, other, third].map(({ warnings }) => warnings)).toEqual([[], [], []]);
  });

  it('are none to a peer itself', async () => {
    const listening = await peerWith();
    const { at } = listening;
    await listening[Symbol.asyncDispose]();
    await using peer = await peerWith({ listen: at, with: [at] });
    await until(() => peer.exchange.stats().peers.length === 0);
    expect(peer.exchange.stats()).toMatchObject({ peers: [], unreachable: 0, malformed: 0 });
  });

  it('are authenticated by any key of either keyring, and end when theirs is dropped', async () => {
    const ring = new Keyring([OTHER_KEY, KEY]);
    await using old = await peerWith({ key: KEY });
    await using both = await peerWith({ key: ring, with: [old.at], ...OFTEN });
    await until(() => both.rounds.length > 0);
    await using fresh = await peerWith({ key: OTHER_KEY, with: [both.at] });
    await until(() => fresh.rounds.length > 0);
    expect(old.exchange.stats()).toMatchObject({ unauthenticated: 1 });
    ring.replace([OTHER_KEY]);
    await until(() => connectedTo(old).length === 0);
    expect(connectedTo(both)).toHaveLength(1);
  });
});
