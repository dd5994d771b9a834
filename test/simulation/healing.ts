/**
 * What must be equal once the network is whole, every host is up and right about the time, and nobody lies. The protocol
 * repairs no datagram that was lost, so no host need know what it missed. What is decided from then on all must agree
 * about, at once; and about everything once each has announced all that it keeps, twice, for what they keep merges.
 */
import type { Entry } from 'spamd-sync';
import type { AddressState } from 'spamd-sync/store';
import type { Random } from '../../src/transport/random.ts';
import type { Group } from './group.ts';
import { type Host, POLICY } from './host.ts';
import { CLIENTS, DAY, HOUR, LIED, MINUTE } from './schedule.ts';

/** Clients that nobody saw before. */
const FRESH = Array.from({ length: 6 }, (_, i) => `198.51.100.${i + 101}`);
/** Of so many flooded addresses everything is exchanged. */
const MAX_FLOODED = 20;
/** What a host renewed without announcing it may hold so much longer there: a tenth of whiteexp. */
const RENEWAL = POLICY.whiteexp / 10;

export async function heal(group: Group, random: Random): Promise<void> {
  const { network, hosts, member } = group;
  await group.mend();
  // Until everything that was sent before is past, by all clocks, and no tuple of before is remembered.
  await network.advance(POLICY.greyexp + HOUR);
  await decideAnew(group, random);
  await retryElsewhere(group, random);
  await announceLate(group, random);
  for (const host of hosts) await host.check();
  // What the bound of a store pushed out is gone, with whatever it would have said.
  if (hosts.every(({ store }) => store.stats().evictedAddresses === 0)) {
    const addresses = [...CLIENTS, ...LIED, ...FRESH, ...member.flooded.slice(0, MAX_FLOODED)];
    // Twice: an old removal is not remembered where nothing is known that it removes, and may come before that does.
    for (let round = 0; round < 2; round++) await exchangeAll(group, addresses);
    for (const later of [0, 1, HOUR, DAY, 2 * DAY, POLICY.whiteexp, 500 * DAY]) {
      for (const ip of addresses) agree(group, ip, `${later} s after a full exchange`, later);
    }
  }
  // Until everything has expired that was not to hold for longer.
  await network.advance(POLICY.whiteexp + HOUR);
  await network.settle();
  for (const host of hosts) await onlyWhatHoldsIsKept(group, host);
}

/** Where nothing was lost, hosts agree after a day of rest, when every trap is over, but for renewals not yet announced. */
export async function rest(group: Group): Promise<void> {
  const { network, hosts } = group;
  await network.advance(DAY);
  await network.settle();
  for (const ip of CLIENTS) {
    const states = hosts.map((host) => group.stateAt(host, ip));
    const isRenewed = states.some((state) => state?.type === 'white' && state.expires - group.now < RENEWAL);
    if (!isRenewed) agree(group, ip, 'at rest', 0, (state) => state?.type ?? 'unknown');
  }
  for (const host of hosts) await host.check();
}

/** Whatever is decided now counts everywhere, whatever each host knew before. */
async function decideAnew(group: Group, random: Random): Promise<void> {
  const { network, hosts } = group;
  for (const [at, ip] of CLIENTS.slice(0, 9).entries()) {
    const host = random.pick(hosts);
    const decision = (['allow', 'trap', 'forget'] as const)[at % 3] ?? 'forget';
    const decided = group.now;
    await host[decision](ip);
    await network.advance(1);
    await network.settle();
    const expected = { allow: `white at ${decided}`, trap: `trapped at ${decided}`, forget: 'unknown' }[decision];
    const [first] = agree(group, ip, `after ${decision} at ${host.address}`, 0, typeAndTime);
    if (first !== expected) group.ledger.violation(`${ip} is ${first} after ${decision}, not ${expected}`);
  }
}

/** What comes late of before a removal stays removed, though sweeps came between. */
async function announceLate(group: Group, random: Random): Promise<void> {
  const { network, hosts } = group;
  await network.advance(2 * HOUR);
  const timestamp = group.now - 4 * HOUR;
  const forgotten = CLIENTS.slice(0, 9).filter((_, at) => at % 3 === 2);
  const entries = forgotten.map((ip): Entry => ({ type: 'white', ip, timestamp, expires: group.now + DAY }));
  random.pick(hosts).announce(entries);
  await network.advance(1);
  await network.settle();
  for (const ip of forgotten) {
    // The host that announces keeps nothing of its own announcement.
    const [first] = agree(group, ip, 'after a late WHITE', 0, typeAndTime);
    if (first !== 'unknown') group.ledger.violation(`${ip} is ${first} after a WHITE from before its removal`);
  }
}

/** A client that one host defers passes at another, and all know it from then on. */
async function retryElsewhere(group: Group, random: Random): Promise<void> {
  const { network, hosts, ledger } = group;
  const attempts = FRESH.map((ip) => ({ ip, helo: 'mx.example.org', from: '<a@example.org>', to: '<b@example.net>' }));
  const attemptAll = async (expected: string) => {
    for (const attempt of attempts) {
      const host = random.pick(hosts);
      const verdict = await host.attempt(attempt);
      if (verdict?.reason !== expected) {
        ledger.violation(`${host.address} answers ${verdict?.reason} to ${attempt.ip} after healing, not ${expected}`);
      }
    }
    await network.advance(1);
    await network.settle();
  };
  await attemptAll('first-sight');
  await network.advance(POLICY.passtime + 1);
  await attemptAll('retry');
  for (const ip of FRESH) {
    const [first] = agree(group, ip, 'after a retry', 0);
    if (first?.startsWith('white') !== true) ledger.violation(`${ip} is ${first} after a retry`);
  }
}

/** Every host announces what it keeps. What another announced before it need not be announced again: merging is idempotent. */
async function exchangeAll({ hosts, network }: Group, addresses: readonly string[]): Promise<void> {
  const announced = new Set<string>();
  for (const host of hosts) {
    const entries: Entry[] = [];
    for (const entry of await everything(host, new Set(addresses))) {
      const text = JSON.stringify(entry);
      if (!announced.has(text)) entries.push(entry);
      announced.add(text);
    }
    host.announce(entries);
  }
  // At the rate of bulk sends.
  await network.advance(30 * MINUTE);
  await network.settle();
}

/** What a host keeps of these addresses, as the claims and removals that it came from. */
async function everything({ store }: Host, addresses: ReadonlySet<string>): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const item of store.records()) {
    if (item.type !== 'address' || !addresses.has(item.ip)) continue;
    const { ip } = item;
    const { white, trapped, whiteRemoved, trappedRemoved } = item.record;
    for (const { at, expires } of white) entries.push({ type: 'white', ip, timestamp: at, expires });
    for (const { at, expires } of trapped) entries.push({ type: 'trapped', ip, timestamp: at, expires });
    if (whiteRemoved > 0) entries.push({ type: 'remove-white', ip, timestamp: whiteRemoved });
    if (trappedRemoved > 0) entries.push({ type: 'remove-trapped', ip, timestamp: trappedRemoved });
  }
  return entries;
}

/** Nothing that expired is kept, and of the addresses of a flood nothing at all. */
async function onlyWhatHoldsIsKept({ ledger, network }: Group, { store, address }: Host): Promise<void> {
  const mayLast = new Set([...CLIENTS, ...LIED]);
  for await (const item of store.records()) {
    if (item.type === 'tuple') ledger.violation(`${address} keeps a tuple that has expired`);
    if (item.type !== 'address') continue;
    const { white, trapped, removalsExpire } = item.record;
    const until = Math.max(removalsExpire, ...[...white, ...trapped].map(({ expires }) => expires));
    if (until < network.clock.now() - HOUR || !mayLast.has(item.ip)) {
      ledger.violation(`${address} keeps ${item.ip}, which held until ${until}`);
    }
  }
}

function typeAndTime(state: AddressState | undefined): string {
  return state === undefined ? 'unknown' : `${state.type} at ${state.at}`;
}

function whole(state: AddressState | undefined): string {
  return state === undefined ? 'unknown' : `${typeAndTime(state)} until ${state.expires}`;
}

/**
 * Holds that all hosts take an address for the same.
 *
 * @returns What they take it for; more than one where they do not agree.
 */
function agree(group: Group, ip: string, when: string, later: number, shown = whole): string[] {
  const states = new Map<string, string>();
  for (const host of group.hosts) states.set(shown(group.stateAt(host, ip, later)), host.address);
  if (states.size > 1) {
    const who = [...states].map(([state, address]) => `${state} (${address})`).join(', ');
    group.ledger.violation(`hosts disagree about ${ip} ${when}: ${who}`);
  }
  return [...states.keys()];
}
