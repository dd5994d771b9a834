/**
 * Peers that exchange state, on one clock: datagrams are lost, the network is cut for hours, hosts start again with nothing.
 *
 *     node --import tsx test/simulation/exchanges.ts [--seeds 1-200]
 */
import { parseArgs } from 'node:util';
import { Greylist, MemoryStore, SyncKey, SyncPeer } from 'spamd-sync';
import { Exchange } from 'spamd-sync/exchange';
import { holds } from 'spamd-sync/store';
import { MemoryNetwork } from 'spamd-sync/testing';
import { hashOfRecord } from '../../src/exchange/shared.ts';
import { generator } from '../../src/transport/random.ts';
import { MemoryChannels } from './channels.ts';

const KEY = SyncKey.fromBytes(Buffer.from('the key of the group'));
const HOUR = 3600;
const INTERVAL = 600;
/** A peer that was cut off is connected to again by then, and has asked once. */
const ONE_ROUND = INTERVAL + 60 + 30;
const HOURS = 8;
const CLIENTS = Array.from({ length: 24 }, (_, i) => (i % 4 === 0 ? `2001:db8:${i}::1` : `192.0.2.${i}`));

export interface Outcome {
  /** What each host holds that is shared, as one text: as many as there are opinions. */
  readonly opinions: number;
  readonly records: number;
  readonly restarts: number;
  readonly lost: number;
  readonly warnings: readonly string[];
}

interface Process {
  readonly store: MemoryStore;
  readonly greylist: Greylist;
  close(): Promise<unknown>;
}

/** @param exchanges Whether the hosts exchange state; if not, they have the group alone. */
export async function simulateExchanges(seed: number, exchanges: boolean, peers = 4): Promise<Outcome> {
  const random = generator(seed);
  const network = new MemoryNetwork({ seed, loss: 0.1 + 0.4 * random.next() });
  const { clock } = network;
  const addresses = Array.from({ length: peers }, (_, i) => `10.0.0.${i + 1}`);
  let apart = new Set<string>();
  const isCut = (from: string, to: string): boolean => apart.has(from) !== apart.has(to);
  const channels = new MemoryChannels(clock, isCut);
  const warnings: string[] = [];
  const start = async (address: string): Promise<Process> => {
    const store = new MemoryStore();
    const transport = network.transport(address);
    const peer = await SyncPeer.open({ key: KEY, listen: 'lan0', targets: ['lan0'], transport, clock });
    if (!exchanges) {
      const greylist = new Greylist({ store, group: peer, clock, sweepInterval: HOUR });
      return { store, greylist, close: () => Promise.all([greylist.close(), peer.close()]) };
    }
    const exchange = new Exchange({
      ...{ key: KEY, store, group: peer, clock, interval: INTERVAL, listen: `${address}:8027` },
      with: addresses,
      transport: channels.transport(address),
    });
    exchange.on('warning', ({ message }) => {
      if (!message.startsWith('no connection')) warnings.push(message);
    });
    const greylist = new Greylist({ store: exchange.store, group: exchange, clock, sweepInterval: HOUR });
    await exchange.open(greylist);
    return { store, greylist, close: () => Promise.all([exchange.close(), greylist.close(), peer.close()]) };
  };
  const stop = async ({ close }: Process): Promise<void> => {
    const closed = close();
    await network.advance(10);
    await closed;
  };
  const hosts: Process[] = [];
  for (const address of addresses) hosts.push(await start(address));
  let restarts = 0;
  for (let step = 0; step < HOURS * 6; step++) {
    for (let i = 0; i < 3; i++) await act(random.pick(hosts).greylist, random);
    if (random.chance(0.1)) {
      apart = new Set(random.chance(0.4) ? [] : addresses.filter(() => random.chance(0.5)));
      network.change({ cut: isCut });
      channels.cut();
    }
    if (random.chance(0.05)) {
      const at = Math.floor(random.next() * peers);
      await stop(hosts[at] as Process);
      hosts[at] = await start(addresses[at] as string);
      restarts++;
    }
    await network.advance(random.next() * 1200);
  }
  apart = new Set();
  network.change({ cut: isCut });
  await network.advance(ONE_ROUND);
  const now = Math.floor(clock.now());
  const states = await Promise.all(hosts.map(({ store }) => sharedOf(store, now)));
  for (const host of hosts) await stop(host);
  const records = Math.max(...states.map(({ length }) => length));
  return { opinions: new Set(states.map(String)).size, records, restarts, lost: network.counts.lost, warnings };
}

async function act(greylist: Greylist, random: ReturnType<typeof generator>): Promise<void> {
  const ip = random.pick(CLIENTS);
  const chance = random.next();
  if (chance < 0.1) await greylist.allow(ip);
  else if (chance < 0.2) await greylist.trap(ip);
  else if (chance < 0.3) await greylist.forget(ip);
  else
    await greylist.check({ ip, helo: 'mx.example.org', from: `<${random.pick(['a', 'b'])}@example.org>`, to: '<c@d>' });
}

/** What holds still of what is shared, in order. */
async function sharedOf(store: MemoryStore, now: number): Promise<string[]> {
  const shared: string[] = [];
  for await (const item of store.records()) {
    if (item.type === 'spamtrap') continue;
    if (item.type === 'tuple' ? item.record.expires <= now : !holds(item.record, now)) continue;
    const { low, high } = hashOfRecord(item);
    shared.push(`${item.type === 'tuple' ? item.key : item.ip} ${low} ${high}`);
  }
  return shared.sort();
}

if (process.argv[1]?.endsWith('exchanges.ts')) {
  const { values } = parseArgs({ options: { seeds: { type: 'string', default: '1-20' } } });
  const [first = 1, last = first] = values.seeds.split('-').map(Number);
  let apart = 0;
  for (let seed = first; seed <= last; seed++) {
    const { opinions, warnings } = await simulateExchanges(seed, true);
    if ((await simulateExchanges(seed, false)).opinions > 1) apart++;
    if (opinions > 1 || warnings.length > 0) console.log(`seed ${seed}: ${opinions} opinions`, warnings);
  }
  console.log(`seeds ${first} to ${last}: without the exchange ${apart} end apart`);
}
