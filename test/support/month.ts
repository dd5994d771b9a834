/** A group of peers with their greylists over virtual days: attempts, traps, operators, sweeps, repairs, bulk sends. */
import { createHash } from 'node:crypto';
import { Greylist, type GreylistStats, MemoryStore, SyncPeer, type Transport, type VerdictReason } from 'spamd-sync';
import { type AddressState, ReadStep, stateOf } from 'spamd-sync/store';
import { MemoryNetwork } from 'spamd-sync/testing';
import { generator } from '../../src/transport/random.ts';
import { KEY } from './frame.ts';

const DAY = 86_400;
const WHITEEXP = 6 * DAY;

export interface MonthOptions {
  readonly peers: number;
  readonly days: number;
  readonly seed: number;
  /** How many things happen in a day, anywhere in the group. */
  readonly eventsADay: number;
}

export interface Month {
  /** SHA-256 over every datagram that was sent, with its time and its sender. */
  readonly digest: string;
  readonly datagrams: number;
  readonly verdicts: Readonly<Record<VerdictReason, number>>;
  /** Addresses that sweeps announced again. */
  readonly repaired: number;
  /** Records that sweeps removed. */
  readonly swept: number;
  /** The clients that hosts take for different things at the end, other than for a renewal that is not announced yet. */
  readonly disputed: readonly string[];
  /** What the first host takes each client for at the end. */
  readonly states: readonly (AddressState['type'] | undefined)[];
  readonly warnings: readonly string[];
}

interface Host {
  readonly peer: SyncPeer;
  readonly greylist: Greylist;
  readonly store: MemoryStore;
}

/** Everything that a host sends goes into the digest as well. */
function noted(transport: Transport, note: (bytes: Uint8Array) => void): Transport {
  return {
    open: async (options, events) => {
      const opened = await transport.open(options, events);
      const links = opened.links.map((link) => ({
        multicast: link.multicast,
        get address() {
          return link.address;
        },
        get failing() {
          return link.failing;
        },
        refresh: () => link.refresh(),
        send: (bytes: Uint8Array) => {
          note(bytes);
          return link.send(bytes);
        },
      }));
      return { ...opened, links };
    },
  };
}

export async function month({ peers, days, seed, eventsADay }: MonthOptions): Promise<Month> {
  const random = generator(seed);
  const network = new MemoryNetwork({ seed, latency: [0.001, 0.2], duplication: 0.05, reordering: 0.05 });
  const { clock } = network;
  const start = clock.now();
  const hash = createHash('sha256');
  const warnings: string[] = [];
  let datagrams = 0;

  const hosts: Host[] = [];
  for (let at = 0; at < peers; at++) {
    const address = `10.0.${at >>> 8}.${(at & 255) + 1}`;
    const transport = noted(network.transport(address), (bytes) => {
      datagrams++;
      hash.update(`${clock.now()} ${at} `).update(bytes);
    });
    const targets = [{ host: 'lan0', dialect: 'greyd' as const }];
    const peer = await SyncPeer.open({ key: KEY, maxDigests: 4096, listen: 'lan0', targets, transport, clock });
    const store = new MemoryStore({ maxTuples: 1000, maxAddresses: 1000 });
    // Short enough that everything expires and is renewed within the time.
    const policy = { whiteexp: WHITEEXP, trapexp: DAY };
    const greylist = new Greylist({ group: peer, store, clock, policy });
    await greylist.spamtraps.add('trap@example.net');
    peer.on('warning', ({ message }) => warnings.push(message));
    greylist.on('warning', ({ message }) => warnings.push(message));
    hosts.push({ peer, greylist, store });
  }

  const clients = Array.from({ length: 20 }, (_, i) => `198.51.100.${i + 1}`);
  const act = async ({ greylist }: Host): Promise<void> => {
    const ip = random.pick(clients);
    const kind = random.next();
    if (kind < 0.93) {
      const to = random.chance(0.02) ? '<trap@example.net>' : '<someone@example.net>';
      const from = random.pick(['<>', '<a@example.org>', '<B@example.org>']);
      await greylist.check({ ip, helo: 'mx.example.org', from, to });
    } else if (kind < 0.96) await greylist.allow(ip);
    else if (kind < 0.98) await greylist.trap(ip);
    else if (kind < 0.998) await greylist.forget(ip);
    else {
      // More than a second's worth, so that it goes at the rate of bulk sends.
      const timestamp = Math.floor(clock.now());
      const entries = Array.from({ length: 400 }, (_, i) => ({
        type: 'trapped' as const,
        ip: `203.0.${100 + (i >>> 8)}.${i & 255}`,
        timestamp,
        expires: timestamp + 600,
      }));
      void random.pick(hosts).peer.announce(entries);
    }
  };

  const pause = DAY / eventsADay;
  while (clock.now() - start < days * DAY) {
    await act(random.pick(hosts));
    await network.advance(random.chance(0.3) ? 1 + random.below(3) : 2 * pause * random.next());
  }
  // A day of silence, so that every trap is over.
  await network.advance(DAY);
  await network.settle();
  const now = Math.floor(clock.now());
  const stateAt = ({ store }: Host, ip: string): AddressState | undefined => {
    const record = store.update(new ReadStep(ip), now);
    return record === undefined ? undefined : stateOf(record, now, false);
  };
  const disputed = clients.filter((ip) => {
    const all = hosts.map((host) => stateAt(host, ip));
    const isRenewed = all.some((state) => state?.type === 'white' && state.expires - now < WHITEEXP / 10);
    return !isRenewed && new Set(all.map((state) => state?.type)).size > 1;
  });
  const states = clients.map((ip) => stateAt(hosts[0] as Host, ip)?.type);

  const stats: GreylistStats[] = [];
  for (const { greylist, peer } of hosts) {
    stats.push(await greylist.stats());
    await greylist.close();
    await peer.close();
  }
  const sum = (count: (of: GreylistStats) => number): number => stats.reduce((total, each) => total + count(each), 0);
  const reasons = Object.keys(stats[0]?.verdicts ?? {}) as VerdictReason[];
  return {
    digest: hash.digest('hex'),
    datagrams,
    verdicts: Object.fromEntries(
      reasons.map((reason) => [reason, sum(({ verdicts }) => verdicts[reason])]),
    ) as Month['verdicts'],
    repaired: sum(({ repaired }) => repaired),
    swept: sum(({ swept }) => swept),
    disputed,
    states,
    warnings,
  };
}
