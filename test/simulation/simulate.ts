/** A group of hosts over virtual days, with everything that may go wrong; what should never be is listed. */
import { SyncKey } from 'spamd-sync';
import type { MemoryNetwork } from 'spamd-sync/testing';
import { generator } from '../../src/transport/random.ts';
import { Group } from './group.ts';
import { heal, rest } from './healing.ts';
import { Hopeless, type Host, type Totals } from './host.ts';
import type { KeyFile } from './member.ts';
import { CLIENTS, DAY, type Scheduled, type ScheduleOptions, schedule } from './schedule.ts';

export interface SimulationOptions extends ScheduleOptions {
  /** Decides everything. */
  readonly seed: number;
  /** Called with what happens, before it does. */
  readonly onHappening?: (happening: Scheduled) => void;
}

export interface Outcome {
  /** SHA-256 over every datagram that was sent, with its time and its sender. */
  readonly digest: string;
  /** What should never be: the first of them, in words. */
  readonly violations: readonly string[];
  /** How many there are. */
  readonly violated: number;
  readonly datagrams: number;
  readonly network: MemoryNetwork['counts'];
  readonly totals: Totals;
  /** What the first host takes each client for before the last expires. */
  readonly states: readonly string[];
}

const KEYS = [keyFile('the first key'), keyFile('the second key')] as const;
/** Wide enough that nothing is evicted, and so narrow that a flood evicts. */
const WIDE = { maxTuples: 500, maxAddresses: 4000 };
const NARROW = { maxTuples: 100, maxAddresses: 150 };
const NARROW_SHARE = 0.2;
/** How often everything that hosts keep is looked at, days. */
const CHECK_EVERY = 3;

export async function simulate(options: SimulationOptions): Promise<Outcome> {
  const { seed, peers, days, calm } = options;
  const random = generator(seed);
  const planned = schedule(random, options);
  const bounds = !calm && random.chance(NARROW_SHARE) ? NARROW : WIDE;
  const group = new Group({ seed, peers, keys: KEYS, bounds, isCalm: calm });
  await group.start();
  try {
    await live(group, planned, options);
    await group.advanceTo(days * DAY);
    if (calm) await rest(group);
    else await heal(group, random);
  } catch (error) {
    if (!(error instanceof Hopeless)) throw error;
  }
  const states = CLIENTS.map((ip) => group.stateAt(group.hosts[0] as Host, ip)?.type ?? 'unknown');
  for (const host of group.hosts) await host.stop(false);
  const { ledger, network, totals } = group;
  const { sent, delivered, lost } = network.counts;
  if (!ledger.isHopeless && sent !== delivered + lost)
    ledger.violation(`${sent} datagrams sent, ${delivered} delivered, ${lost} lost`);
  const { violations, violated, datagrams } = ledger;
  return { digest: ledger.digest(), violations, violated, datagrams, network: network.counts, totals, states };
}

async function live(group: Group, planned: readonly Scheduled[], { onHappening }: SimulationOptions): Promise<void> {
  let checked = 0;
  for (const happening of planned) {
    await group.advanceTo(happening.at);
    if (happening.at >= (checked + 1) * CHECK_EVERY * DAY) {
      checked++;
      for (const host of group.hosts) await host.check();
    }
    onHappening?.(happening);
    await group.happen(happening);
  }
}

function keyFile(text: string): KeyFile {
  const file = Buffer.from(text);
  return { file, key: SyncKey.fromBytes(file) };
}
