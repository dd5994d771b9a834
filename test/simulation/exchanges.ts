/**
 * Peers that exchange state, on one clock: half of the datagrams are lost, the network is cut for hours, hosts start again with
 * nothing, the key of the group is replaced, and what was decided is taken back.
 *
 *     node --import tsx test/simulation/exchanges.ts [--seeds 1-200]
 *
 * Each seed is run with the exchange and without. Exits with 1 where hosts that exchange end apart, where the others do not, and
 * where a seed lacks any of the troubles.
 */
import { isIPv6 } from 'node:net';
import { parseArgs } from 'node:util';
import { Greylist, Keyring, MemoryStore, SyncKey, SyncPeer } from 'spamd-sync';
import { Exchange } from 'spamd-sync/exchange';
import { type Claim, holds } from 'spamd-sync/store';
import { MemoryNetwork } from 'spamd-sync/testing';
import { generator, type Random } from '../../src/transport/random.ts';
import { MemoryChannels } from './channels.ts';

const OLD_KEY = SyncKey.fromBytes(Buffer.from('the key of the group'));
const NEW_KEY = SyncKey.fromBytes(Buffer.from('the next key of the group'));
/** How a keyring goes on, step by step: each is on all hosts before the next is on any. */
const ROTATION = [[OLD_KEY, NEW_KEY], [NEW_KEY, OLD_KEY], [NEW_KEY]] as const;
const DAY = 86_400;
const HOUR = 3600;
const INTERVAL = 600;
/** A peer that was cut off is connected to again by then, and has asked once. */
const ONE_ROUND = INTERVAL + 60 + 30;
/** How often something is done, and how long it is until then at most, seconds: half of that on average. */
const STEPS = 48;
const LONGEST_STEP = 1200;
/** For so many steps the network is cut in one place, whatever else happens: at least two hours. */
const LONG_CUT = 20;
const CLIENTS = Array.from({ length: 24 }, (_, i) => (i % 4 === 0 ? `2001:db8:${i}::1` : `192.0.2.${i}`));
const ATTEMPT = { helo: 'mx.example.org', from: '<a@example.org>', to: '<c@d>' };

export interface Outcome {
  /** What each host holds that is shared, as one text: as many as there are opinions. */
  readonly opinions: number;
  readonly records: number;
  /** Of the tuples at the end, how many are of IPv6. */
  readonly ipv6: number;
  /** The part of the datagrams that is lost. */
  readonly loss: number;
  readonly lost: number;
  /** The longest time for which the network was cut in one place, hours. */
  readonly hoursCut: number;
  readonly restarts: number;
  /** How often an address was forgotten, and a tuple released. */
  readonly forgotten: number;
  readonly released: number;
  /** How many connections there are by a key that was dropped. */
  readonly byOldKey: number;
  readonly warnings: readonly string[];
}

interface Process {
  readonly store: MemoryStore;
  readonly greylist: Greylist;
  close(): Promise<unknown>;
}

/** @param exchanges Whether the hosts exchange state; if not, they have the group alone. */
export async function simulateExchanges(seed: number, exchanges: boolean, peers = 3 + (seed % 3)): Promise<Outcome> {
  const random = generator(seed);
  const loss = seed % 4 === 0 ? 0.5 : 0.1 + 0.4 * random.next();
  const network = new MemoryNetwork({ seed, loss });
  const { clock } = network;
  const addresses = Array.from({ length: peers }, (_, i) => `10.0.0.${i + 1}`);
  const keyrings = addresses.map(() => new Keyring([OLD_KEY]));
  let apart = new Set<string>();
  const isCut = (from: string, to: string): boolean => apart.has(from) !== apart.has(to);
  const channels = new MemoryChannels(clock, isCut);
  const warnings: string[] = [];
  const start = async (at: number): Promise<Process> => {
    const [address, key] = [addresses[at] as string, keyrings[at] as Keyring];
    const store = new MemoryStore();
    const transport = network.transport(address);
    const peer = await SyncPeer.open({ key, listen: 'lan0', targets: ['lan0'], transport, clock });
    if (!exchanges) {
      const greylist = new Greylist({ store, group: peer, clock, sweepInterval: HOUR });
      return { store, greylist, close: () => Promise.all([greylist.close(), peer.close()]) };
    }
    const exchange = new Exchange({
      ...{ key, store, group: peer, clock, interval: INTERVAL, listen: `${address}:8027` },
      with: addresses,
      transport: channels.transport(address, key),
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
  for (let at = 0; at < peers; at++) hosts.push(await start(at));

  let cutSince = clock.now();
  let hoursCut = 0;
  const cut = (between: Iterable<string>): void => {
    if (apart.size > 0) hoursCut = Math.max(hoursCut, (clock.now() - cutSince) / HOUR);
    cutSince = clock.now();
    apart = new Set(between);
    network.change({ cut: isCut });
    channels.cut();
  };
  const done = { forgotten: 0, released: 0 };
  const beginsCut = 10 + random.below(10);
  let restarts = 0;
  for (let step = 0; step < STEPS; step++) {
    for (let i = 0; i < 3; i++) await act(random.pick(hosts).greylist, random, done);
    await random.pick(hosts).greylist.check({ ...ATTEMPT, ip: `2001:db8:1000:${random.below(64)}::1` });
    if (step === beginsCut) cut(addresses.filter((_, at) => at === 0 || (at > 1 && random.chance(0.5))));
    else if ((step < beginsCut || step >= beginsCut + LONG_CUT) && random.chance(0.1)) {
      cut(random.chance(0.4) ? [] : addresses.filter(() => random.chance(0.5)));
    }
    rotate(keyrings, step);
    // One of them just before the network is whole.
    if (random.chance(0.05) || step === STEPS - 1) {
      const at = random.below(peers);
      await stop(hosts[at] as Process);
      hosts[at] = await start(at);
      restarts++;
    }
    await network.advance(random.next() * LONGEST_STEP);
  }
  cut([]);
  await network.advance(ONE_ROUND);
  const now = Math.floor(clock.now());
  const byOldKey = channels.openedBy(OLD_KEY);
  const states = await Promise.all(hosts.map(({ store }) => sharedOf(store, now)));
  for (const host of hosts) await stop(host);
  const records = Math.max(...states.map(({ length }) => length));
  const ipv6 = Math.max(...states.map((state) => state.filter(isTupleOfIPv6).length));
  const opinions = new Set(states.map(String)).size;
  const { lost } = network.counts;
  return { opinions, records, ipv6, loss, lost, hoursCut, restarts, ...done, byOldKey, warnings };
}

/** The next step of the rotation at one host after the other, also at those that are cut off or about to start again. */
function rotate(keyrings: readonly Keyring[], step: number): void {
  for (const [stage, keys] of ROTATION.entries()) keyrings[step - 8 - 12 * stage]?.replace(keys);
}

async function act(greylist: Greylist, random: Random, done: { forgotten: number; released: number }): Promise<void> {
  const attempt = { ...ATTEMPT, ip: random.pick(CLIENTS), from: `<${random.pick(['a', 'b'])}@example.org>` };
  const { ip } = attempt;
  const chance = random.next();
  if (chance < 0.1) await greylist.allow(ip);
  else if (chance < 0.2) await greylist.trap(ip);
  else if (chance < 0.3) {
    await greylist.forget(ip);
    done.forgotten++;
  } else {
    await greylist.check(attempt);
    if (chance < 0.4 && (await greylist.release(attempt)) === 'released') done.released++;
  }
}

/** What holds still of what is shared, in order: written anew here, since what the exchange makes of it is what is tried. */
async function sharedOf(store: MemoryStore, now: number): Promise<string[]> {
  const shared: string[] = [];
  for await (const item of store.records()) {
    if (item.type === 'tuple' && item.record.expires > now) shared.push(`${item.key} ${item.record.first}`);
    if (item.type !== 'address' || !holds(item.record, now)) continue;
    const { white, trapped, whiteRemoved, trappedRemoved } = item.record;
    // A renewal of less than three days is not announced.
    const whites = white.map(({ at, expires }) => [at, Math.floor(expires / (3 * DAY))]);
    const traps = trapped.map(({ at, expires }: Claim) => [at, expires]);
    shared.push(`${item.ip} ${JSON.stringify([whites, traps, whiteRemoved, trappedRemoved])}`);
  }
  return shared.sort();
}

function isTupleOfIPv6(text: string): boolean {
  const [key = ''] = text.split('\0');
  return text.includes('\0') && isIPv6(key.replace(/\/64$/, ''));
}

/** What is not as it has to be. */
function violations(one: Outcome): string[] {
  const found = [...one.warnings];
  if (one.opinions > 1) found.push(`${one.opinions} opinions`);
  if (one.byOldKey > 0) found.push(`${one.byOldKey} connections by the key that was dropped`);
  for (const what of ['records', 'lost', 'restarts', 'forgotten', 'released', 'ipv6'] as const) {
    if (one[what] === 0) found.push(`without ${what}`);
  }
  if (one.hoursCut < 2) found.push(`cut for ${one.hoursCut.toFixed(1)} hours`);
  return found;
}

if (process.argv[1]?.endsWith('exchanges.ts')) {
  const { values } = parseArgs({ options: { seeds: { type: 'string', default: '1-20' } } });
  const [first = 1, last = first] = values.seeds.split('-').map(Number);
  const outcomes: Outcome[] = [];
  for (let seed = first; seed <= last; seed++) {
    const outcome = await simulateExchanges(seed, true);
    outcomes.push(outcome);
    const found = violations(outcome);
    if ((await simulateExchanges(seed, false)).opinions === 1) found.push('without the exchange they agree, too');
    if (found.length === 0) continue;
    process.exitCode = 1;
    console.log(`seed ${seed}: ${found.join('; ')}`);
  }
  const range = (of: (one: Outcome) => number): string => {
    const all = outcomes.map(of);
    return `${Math.min(...all).toFixed(1)} to ${Math.max(...all).toFixed(1)}`;
  };
  console.log(
    `seeds ${first} to ${last}: ${range(({ loss }) => 100 * loss)} % lost; cut for ${range((one) => one.hoursCut)} hours; ` +
      `restarts ${range((one) => one.restarts)}; forgotten ${range((one) => one.forgotten)}; ` +
      `released ${range((one) => one.released)}; records ${range((one) => one.records)}, tuples of IPv6 ${range((one) => one.ipv6)}`,
  );
}
