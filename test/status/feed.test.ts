import { Greylist, MemoryStore, SyncKey, SyncPeer } from 'spamd-sync';
import { Exchange } from 'spamd-sync/exchange';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LiveFeed } from '../../src/status/feed.ts';

const KEY = SyncKey.fromBytes(Buffer.from('secret'));
const HOST = { address: '192.0.2.9', port: 8025 };
const CLIENT = { helo: 'a.example.org', from: '<a@example.org>', to: '<b@example.net>' };

let peer: SyncPeer;
let greylist: Greylist;
let exchange: Exchange;
let feed: LiveFeed;
beforeEach(async () => {
  peer = await SyncPeer.open({ key: KEY, listen: '127.0.0.1', port: 0 });
  greylist = new Greylist({ group: peer });
  exchange = new Exchange({ key: KEY, store: new MemoryStore(), group: peer });
  feed = new LiveFeed(peer, greylist, exchange);
});
afterEach(async () => {
  feed.close();
  await exchange.close();
  await greylist.close();
  await peer.close();
});

/** What there is, a line each. */
const lines = () => feed.latest.last.items.map(({ kind, what, ip, detail }) => `${kind} ${what} ${ip}: ${detail}`);

describe('the timeline of a daemon', () => {
  it('says of each verdict why it is so, and of which tuple', async () => {
    await greylist.spamtraps.add('trap@example.net');
    await greylist.allow('192.0.2.1');
    await greylist.check({ ip: '192.0.2.1', ...CLIENT });
    await greylist.check({ ip: '192.0.2.2', ...CLIENT });
    await greylist.check({ ip: '192.0.2.3', ...CLIENT, to: '<trap@example.net>' });
    await greylist.trap('192.0.2.4', { by: 'me' });
    await greylist.check({ ip: '192.0.2.4', ...CLIENT });
    const tuple = 'helo a.example.org from <a@example.org> to <b@example.net>';
    expect(lines().filter((line) => line.startsWith('answered'))).toEqual([
      `answered pass 192.0.2.1: white; ${tuple}`,
      `answered defer 192.0.2.2: first-sight, 1501 s left; ${tuple}`,
      'answered reject 192.0.2.3: spamtrap; helo a.example.org from <a@example.org> to <trap@example.net>',
      `answered reject 192.0.2.4: trapped, by operator; ${tuple}`,
    ]);
  });

  it('shows of the exchange what the wire does not: entries about IPv6, and rounds that brought records', () => {
    exchange.emit('entry', { type: 'trapped', ip: '2001:db8::1', timestamp: 1, expires: 86_400 }, HOST);
    exchange.emit('entry', { type: 'trapped', ip: '192.0.2.5', timestamp: 1, expires: 86_400 }, HOST);
    exchange.emit('round', { address: '192.0.2.9', leaves: 0, received: 0, merged: 0 });
    exchange.emit('round', { address: '192.0.2.9', leaves: 2, received: 7, merged: 6 });
    expect(lines()).toEqual([
      'exchanged TRAPPED 2001:db8::1: until 1970-01-02 00:00',
      'exchanged STATE undefined: 6 of 7 records merged',
    ]);
  });

  it('keeps the last hundred of each kind in the order in which they came, and counts what it could not', async () => {
    await greylist.check({ ip: '192.0.2.2', ...CLIENT });
    const { count } = feed.latest;
    for (let at = 0; at < 250; at++) peer.emit('drop', { reason: 'auth', source: HOST, detail: `${at}`, size: 52 });
    await greylist.check({ ip: '192.0.2.3', ...CLIENT });
    const { items, missed } = feed.latest.since(count);
    expect(missed).toBe(150);
    expect(items.map(({ detail }) => detail).slice(0, 100)).toEqual(
      Array.from({ length: 100 }, (_, at) => `${at + 150}`),
    );
    expect(items.at(-1)).toMatchObject({ kind: 'answered', ip: '192.0.2.3' });
    expect(lines()[0]).toMatch(/^answered defer 192\.0\.2\.2/);
    expect(lines()).toHaveLength(102);
    expect(feed.latest.since(feed.latest.count)).toEqual({ items: [], missed: 0 });
  });

  it('leaves no listener behind', () => {
    const listeners = () =>
      [peer, greylist, exchange].flatMap((one: NodeJS.EventEmitter) =>
        one.eventNames().map((name) => `${String(name)} ${one.listenerCount(name)}`),
      );
    const before = listeners();
    new LiveFeed(peer, greylist, exchange).close();
    expect(listeners()).toEqual(before);
  });
});
