/**
 * What rounds cost in a group: peers with the same state in one process, connected in memory, of which each pair asks both ways.
 *
 *     node --import tsx test/attack/exchange-group.ts [--peers 20] [--addresses 20000] [--part one,percent,new] [--new 30000]
 *
 * one: one peer has one record changed. percent: 1 % of them. new: one peer has so many new tuples, so that nearly all leaves
 * differ. Each round of a pair: bytes both ways, messages of who asks, and how many records were behind. With 2 peers and 100,000
 * addresses it is what `exchange.ts` measures between processes.
 */
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/clock.ts';
import { Allowance } from '../../src/exchange/allowance.ts';
import { Digest } from '../../src/exchange/digest.ts';
import { DigestedStore } from '../../src/exchange/digested-store.ts';
import { scan } from '../../src/exchange/scan.ts';
import { Session } from '../../src/exchange/session.ts';
import { LEAVES } from '../../src/exchange/shared.ts';
import { Greylist, Keyring, MemoryStore, SyncKey } from '../../src/index.ts';
import { encodeAddress, encodeTuple, newAddress, newTuple, type StoreRecord, tupleKey } from '../../src/store/index.ts';
import { MemoryChannels } from '../simulation/channels.ts';

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: '20' },
    addresses: { type: 'string', default: '20000' },
    new: { type: 'string', default: '30000' },
    part: { type: 'string', default: 'one,percent,new' },
  },
});
const [peers, addresses, fresh] = [Number(values.peers), Number(values.addresses), Number(values.new)];
const NOW = Math.floor(Date.now() / 1000);
const KEYRING = new Keyring([SyncKey.fromBytes(Buffer.from('a key'))]);

function addressOf(i: number, at = NOW - 1000): StoreRecord & { type: 'address' } {
  const ip = `${10 + (i >> 24)}.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
  return { type: 'address', ip, record: { ...newAddress(at), white: [{ at, expires: at + 3_110_400 }] } };
}

function tupleOf(i: number): StoreRecord & { type: 'tuple' } {
  const { ip } = addressOf(i);
  const key = tupleKey(ip, `mail${i}.example.org`, `<sender${i}@example.org>`, '<recipient@example.net>');
  return { type: 'tuple', key, record: newTuple(NOW - 10, 14_400, undefined) };
}

class Peer {
  readonly digest = new Digest();
  readonly store = new DigestedStore(new MemoryStore(), this.digest);
  readonly greylist = new Greylist({ store: this.store, sweepInterval: 86_400 });
  readonly address: string;

  constructor(address: string) {
    this.address = address;
  }

  async open(changed: readonly StoreRecord[]): Promise<void> {
    await this.store.load(Array.from({ length: addresses }, (_, i) => addressOf(i)));
    await this.store.load(changed);
    await scan(this.store, this.digest, new Set(Array(LEAVES).keys()), () => undefined);
  }
}

/** What one end of a connection does. */
interface Connected {
  readonly session: Session;
  readonly peer: Peer;
}

/** Two ends of a connection. */
async function connected(one: Peer, other: Peer): Promise<readonly [Connected, Connected]> {
  const channels = new MemoryChannels(systemClock, () => false);
  const opened = (peer: Peer, channel: Parameters<typeof Session.open>[0], instance: number) =>
    Session.open(channel, {
      ...{ store: peer.store, digest: peer.digest, clock: systemClock, allowance: new Allowance(systemClock) },
      ...{ instance: Buffer.alloc(16, instance), salt: () => Math.floor(Math.random() * 2 ** 32), onLive: () => {} },
      merge: (records, address) => peer.greylist.mergeRecords(records, address),
    });
  const there = new Promise<Session>((resolve) => {
    const onChannel = (channel: Parameters<typeof Session.open>[0]): void =>
      void opened(other, channel, 2).then(resolve);
    void channels.transport(other.address, KEYRING).listen({ host: other.address, port: 8027 }, onChannel);
  });
  const place = { host: other.address, port: 8027 };
  const channel = await channels.transport(one.address, KEYRING).connect(place, new AbortController().signal);
  const here = await opened(one, channel, 1);
  const ends = [
    { session: here, peer: one },
    { session: await there, peer: other },
  ] as const;
  for (const { session } of ends) session.run(() => {}).catch((error) => console.error(error));
  return ends;
}

/** All pairs ask once, both ways; prints what the rounds took that found anything. */
async function rounds(name: string, changed: readonly StoreRecord[], bytesOfThem: number): Promise<void> {
  const group = Array.from({ length: peers }, (_, i) => new Peer(`10.0.0.${i + 1}`));
  for (const [at, peer] of group.entries()) await peer.open(at === 0 ? changed : []);
  const costs: { bytes: number; received: number; seconds: number }[] = [];
  let quiet = 0;
  for (const [at, one] of group.entries()) {
    for (const other of group.slice(at + 1)) {
      const ends = await connected(one, other);
      // Who has opened it asks first.
      for (const { session } of ends) {
        const before = session.counts.bytesIn + session.counts.bytesOut;
        const begun = performance.now();
        const { received } = await session.round();
        const bytes = session.counts.bytesIn + session.counts.bytesOut - before;
        if (received > 0) costs.push({ bytes, received, seconds: (performance.now() - begun) / 1000 });
        else quiet = Math.max(quiet, bytes);
      }
      for (const { session } of ends) session.close();
    }
  }
  const most = Math.max(...costs.map(({ bytes }) => bytes));
  const times = bytesOfThem === 0 ? '' : `, ${(most / bytesOfThem).toFixed(2)} times the records (${bytesOfThem})`;
  console.log(
    `${name}: ${peers} peers, ${addresses} addresses: ${costs.length} rounds brought ${Math.min(...costs.map(({ received }) => received))} to ` +
      `${Math.max(...costs.map(({ received }) => received))} records each, at most ${most} bytes${times}, ` +
      `${Math.max(...costs.map(({ seconds }) => seconds)).toFixed(1)} s; a round that brought none at most ${quiet} bytes`,
  );
  const sums = new Set(group.map(({ digest }) => digest.top().toString('hex')));
  if (sums.size > 1)
    console.log(`  ${sums.size} digests: of those with the same 16 bits the next round brings the others`);
  for (const { greylist } of group) await greylist.close();
}

const changedOf = (count: number) => Array.from({ length: count }, (_, i) => addressOf(i * 7, NOW - 100));
const bytesOf = (all: readonly (StoreRecord & { type: 'address' })[]): number =>
  all.reduce((sum, { ip, record }) => sum + ip.length + encodeAddress(record).length, 0);

const parts = values.part.split(',');
if (parts.includes('one')) await rounds('one changed', changedOf(1), bytesOf(changedOf(1)));
if (parts.includes('percent')) {
  const all = changedOf(Math.floor(addresses / 100));
  await rounds('1 % changed', all, bytesOf(all));
}
if (parts.includes('new')) {
  const all = Array.from({ length: fresh }, (_, i) => tupleOf(i));
  await rounds(
    `${fresh} new tuples`,
    all,
    all.reduce((sum, { key, record }) => sum + key.length + encodeTuple(record).length, 0),
  );
}
