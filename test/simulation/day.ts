/**
 * A generated day of mail at a group of six greylists on one clock: nothing is lost, and at the end all hold the same.
 *
 *     node --expose-gc --import tsx test/simulation/day.ts [--attempts 200000] [--hosts 6] [--seed 1]
 *
 * Prints what each hour came to, and ends with 1 if mail was refused that had to pass, the states differ, or memory grew by
 * more than what is kept.
 */
import { parseArgs } from 'node:util';
import { Greylist, MemoryStore, SyncKey, SyncPeer } from 'spamd-sync';
import { type AddressRecord, stateOf } from 'spamd-sync/store';
import { MemoryNetwork } from 'spamd-sync/testing';
import { generator } from '../../src/transport/random.ts';
import { dayOfMail } from './day-of-mail.ts';
import { SEGMENT } from './host.ts';
import { DAY, HOUR, SPAMTRAP } from './schedule.ts';

const { values } = parseArgs({
  options: {
    attempts: { type: 'string', default: '200000' },
    hosts: { type: 'string', default: '6' },
    seed: { type: 'string', default: '1' },
  },
});
const [attempts, hosts, seed] = [Number(values.attempts), Number(values.hosts), Number(values.seed)];

/** From then on as many tuples are forgotten as come: greyexp and an hour. */
const STEADY = 5;
/** What an address takes at most, with an attempt as evidence, bytes; and what a heap differs by anyhow. */
const [ADDRESS_BYTES, NOISE_BYTES] = [1024, 8 * 2 ** 20];
const network = new MemoryNetwork();
const key = SyncKey.fromBytes(Buffer.from('a key of the day\n'));
const group = await Promise.all(Array.from({ length: hosts }, (_, at) => member(at)));
const counts: Record<string, number> = {};
const failures: string[] = [];
const heaps: { readonly bytes: number; readonly addresses: number }[] = [];
const begin = network.clock.monotonic();

let hour = 1;
for (const { at, host, attempt, mustPass } of dayOfMail(generator(seed), attempts, hosts)) {
  for (; at >= hour * HOUR; hour++) await endHour(hour);
  await network.advance(Math.max(0, begin + at - network.clock.monotonic()));
  const { action, reason } = await (group[host] as Member).greylist.check(attempt);
  counts[reason] = (counts[reason] ?? 0) + 1;
  if (mustPass && action !== 'pass') failures.push(`${attempt.ip} at ${at}: ${reason}`);
}
for (; hour <= DAY / HOUR; hour++) await endHour(hour);

const states = await Promise.all(group.map(({ store }) => everything(store)));
const [first = new Map<string, string>()] = states;
for (const [at, state] of states.entries())
  failures.push(...differences(first, state).map((one) => `host ${at}: ${one}`));
const [steady, last] = [heaps[STEADY], heaps.at(-1)];
if (steady !== undefined && last !== undefined) {
  const grown = last.bytes - steady.bytes - (last.addresses - steady.addresses) * ADDRESS_BYTES;
  if (grown > NOISE_BYTES) failures.push(`the heap grew by ${grown} bytes more than by the addresses that are kept`);
}
console.log(`${attempts} attempts: ${JSON.stringify(counts)}; ${first.size} records at each of ${hosts} hosts`);
for (const failure of failures.slice(0, 20)) console.log(failure);
console.log(failures.length === 0 ? 'equal states, flat memory' : `${failures.length} failures`);
for (const { greylist, peer } of group) {
  await greylist.close();
  void peer.close();
}
await network.settle();
if (failures.length > 0) process.exitCode = 1;

interface Member {
  readonly peer: SyncPeer;
  readonly greylist: Greylist;
  readonly store: MemoryStore;
}

async function member(at: number): Promise<Member> {
  const { clock } = network;
  const transport = network.transport(`192.0.2.${at + 1}`);
  const peer = await SyncPeer.open({ key, listen: SEGMENT, targets: [SEGMENT], transport, clock });
  peer.on('drop', (drop) => {
    // Its own, from the group.
    if (drop.reason !== 'self') failures.push(`host ${at} dropped a datagram: ${drop.reason}, ${drop.detail}`);
  });
  const store = new MemoryStore();
  const greylist = new Greylist({ store, group: peer, clock });
  greylist.on('warning', ({ message }) => failures.push(`host ${at}: ${message}`));
  await greylist.spamtraps.add(SPAMTRAP);
  return { peer, greylist, store };
}

async function endHour(ended: number): Promise<void> {
  await network.advance(Math.max(0, begin + ended * HOUR - network.clock.monotonic()));
  await network.settle();
  global.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const [tuples, addresses] = group.reduce(
    ([some, others], { store }) => [some + store.stats().tuples, others + store.stats().addresses],
    [0, 0],
  );
  heaps[ended] = { bytes: heapUsed + arrayBuffers, addresses };
  const size = ((heapUsed + arrayBuffers) / 2 ** 20).toFixed(1);
  console.log(`hour ${ended}: ${tuples} tuples and ${addresses} addresses at all hosts, ${size} MiB`);
}

/** What must be the same everywhere: which tuples are known since when, and what an address is, and until when where that was announced. */
async function everything(store: MemoryStore): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const item of store.records()) {
    if (item.type === 'tuple') found.set(item.key, `since ${item.record.first}`);
    else if (item.type === 'address') found.set(item.ip, stateWords(item.record));
  }
  return found;
}

/** A host that renews a white address tells nobody within a tenth of whiteexp, so its expiry may differ. */
function stateWords(record: AddressRecord): string {
  const state = stateOf(record, Math.floor(network.clock.now()), false);
  return state?.type === 'trapped' ? `trapped until ${state.expires}` : (state?.type ?? 'unknown');
}

function differences(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): string[] {
  const names = new Set([...one.keys(), ...other.keys()]);
  return [...names]
    .filter((name) => one.get(name) !== other.get(name))
    .map((name) => `${JSON.stringify(name)} is ${other.get(name)}, not ${one.get(name)}`);
}
