import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Why } from 'spamd-sync';
import { describe, expect, test } from 'vitest';
import type { LabHost } from '../e2e/lab.ts';
import { type Daemon, output, type Row } from './daemon.ts';
import { MixedGroup } from './mixed-group.ts';
import { hasNamespaces } from './named.ts';
import { freshAddress, GROUP } from './places.ts';
import { ALICE } from './scenarios.ts';
import type { Served } from './served.ts';
import type { Attempt } from './smtp.ts';

const CLIENT = fileURLToPath(new URL('attempt.ts', import.meta.url));
const EXCHANGE_PORT = 8027;
/** Two runs, one with a round of the exchange in it, which comes each minute. */
const TIMEOUT_MS = 300_000;
const ROUND_MS = 120_000;

/** The addresses of a run, by what becomes of them. */
function roles() {
  return {
    /** Added to the databases by hand, and trapped by the first peer while it is cut off. */
    disputed: freshAddress(),
    /** Decided by the first peer while it is cut off. */
    earlyWhite: freshAddress(),
    earlyTuple: freshAddress(),
    earlyIPv6: '2001:db8:1::1',
    /** Announced to all. */
    trapped: freshAddress(),
    white: freshAddress(),
    tuple: freshAddress(),
    /** Announced to all as white and then forgotten, for which spamd has no message. */
    forgotten: freshAddress(),
    /** Of no form on spamd's wire. */
    trappedIPv6: '2001:db8:2::1',
    tupleIPv6: '2001:db8:3::1',
    /** Announced while the third peer is cut off. */
    missed: freshAddress(),
    /** Decided by the third peer while it is cut off. */
    unheard: freshAddress(),
    /** Announced when all else has been. */
    last: freshAddress(),
  };
}

type Roles = ReturnType<typeof roles>;
type States = Record<keyof Roles, Why['state']>;

/** What a peer holds that has got all. */
const ALL: States = {
  disputed: 'trapped',
  earlyWhite: 'white',
  earlyTuple: 'grey',
  earlyIPv6: 'grey',
  trapped: 'trapped',
  white: 'white',
  tuple: 'grey',
  forgotten: 'none',
  trappedIPv6: 'trapped',
  tupleIPv6: 'grey',
  missed: 'trapped',
  unheard: 'trapped',
  last: 'white',
};

/** What the group receives of the peers, whatever they exchange. */
const ANNOUNCED = [
  'first TRAPPED missed',
  'first TRAPPED trapped',
  'first WHITE forgotten',
  'first WHITE last',
  'second WHITE white',
  'third GREY tuple',
];

/** What came of a run. Addresses have the names of their roles, by which runs can be compared. */
interface Outcome {
  /** What each database has got, and what is gone from it. */
  readonly databases: readonly { readonly more: readonly string[]; readonly less: readonly string[] }[];
  /** What another member of the group received, and from whom. */
  readonly heard: readonly string[];
  readonly drops: readonly unknown[];
  /** Where the UDP datagrams went that came by the daemons. */
  readonly destinations: readonly string[];
  readonly states: readonly States[];
}

describe.runIf(hasNamespaces)('peers that exchange state beside real daemons', () => {
  test(
    'hold the same, of which neither the databases nor the port of the group get more or less than without it',
    async () => {
      const usual = await run(false);
      const exchanging = await run(true);

      expect(exchanging.states).toEqual([ALL, ALL, ALL]);
      for (const states of usual.states) expect(states).not.toEqual(ALL);
      expect(exchanging.databases).toEqual(usual.databases);
      for (const { more, less } of exchanging.databases) {
        const ofPeers = more.filter((row) => row !== 'GREY client');
        expect(ofPeers).toEqual(ANNOUNCED.map((told) => told.replace(/^\w+ /, '')).sort());
        expect(less).toEqual([]);
      }
      expect(exchanging.heard).toEqual(usual.heard);
      expect(exchanging.heard.filter((told) => !told.endsWith('client'))).toEqual(ANNOUNCED);
      expect(exchanging.drops).toEqual([]);
      expect(exchanging.destinations).toEqual([`${GROUP}, the group's port`]);
    },
    TIMEOUT_MS,
  );
});

/** What happens to three peers beside the real daemons, some of it while one of them is cut off. */
async function run(exchanges: boolean): Promise<Outcome> {
  const role = roles();
  await using group = await MixedGroup.start();
  const { daemons, hosts, syncPort } = group;
  const [one, two, three] = hosts;
  for (const daemon of daemons) await patiently(() => daemon.database('-a', role.disputed));
  const rows = () => Promise.all(daemons.map((daemon) => patiently(() => daemon.rows())));
  const before = await rows();
  const listener = await group.listen();

  const options = (...others: readonly LabHost[]): string[] => {
    if (!exchanges) return [];
    const peers = others.flatMap(({ name }) => ['--exchange-with', `${name}:${EXCHANGE_PORT}`]);
    return ['--exchange', `0.0.0.0:${EXCHANGE_PORT}`, ...peers];
  };
  const first = await group.serve(one, options());
  one.cutWire();
  await first.greylist.trap(role.disputed);
  await first.greylist.allow(role.earlyWhite);
  for (const ip of [role.earlyTuple, role.earlyIPv6]) await first.greylist.check({ ip, ...ALICE });
  one.mendWire();

  const second = await group.serve(two, options(one));
  const third = await group.serve(three, options(one, two));
  const states = () => Promise.all([first, second, third].map((peer) => statesOf(peer, role)));
  const exchanged = async (...names: (keyof Roles)[]): Promise<void> => {
    if (!exchanges) return;
    const each = expect.objectContaining(Object.fromEntries(names.map((name) => [name, ALL[name]])));
    await expect.poll(states, { timeout: ROUND_MS }).toEqual([each, each, each]);
  };
  const announced = async (...ips: string[]): Promise<void> => {
    const missing = async () => (await rows()).flatMap((all) => ips.filter((ip) => all.every((row) => row.ip !== ip)));
    await expect.poll(missing).toEqual([]);
  };
  await exchanged('disputed', 'earlyWhite', 'earlyTuple', 'earlyIPv6');

  await first.greylist.trap(role.trapped);
  await second.greylist.allow(role.white);
  await third.greylist.check({ ip: role.tuple, ...ALICE });
  await first.greylist.allow(role.forgotten);
  await announced(role.trapped, role.white, role.tuple, role.forgotten);
  await first.greylist.forget(role.forgotten);
  await second.greylist.trap(role.trappedIPv6);
  await first.greylist.check({ ip: role.tupleIPv6, ...ALICE });
  for (const daemon of daemons) await attemptAt(daemon, three, `<${role.tuple}@example.net>`);
  // Each keeps what it received of the other as another tuple than its own.
  const attempts = async () => (await rows()).map((all) => all.filter(({ text }) => text.includes(role.tuple)).length);
  await expect.poll(attempts).toEqual(daemons.map(() => daemons.length));

  three.cutWire();
  await first.greylist.trap(role.missed);
  await third.greylist.trap(role.unheard);
  await announced(role.missed);
  three.mendWire();
  await exchanged('forgotten', 'trappedIPv6', 'tupleIPv6', 'missed', 'unheard');

  await first.greylist.allow(role.last);
  await announced(role.last);
  await exchanged('last');
  await expect.poll(() => listener.entries.map(({ ip }) => ip)).toContain(role.last);

  const named = new Map([...Object.entries(role).map(([name, ip]) => [ip, name] as const), [three.address, 'client']]);
  const members = new Map([
    ...hosts.map(({ address }, at) => [address, ['first', 'second', 'third'][at]] as const),
    ...daemons.map(({ address, dialect }) => [address, dialect] as const),
  ]);
  const told = ({ type, ip }: { type: string; ip: string }) => `${type.toUpperCase()} ${named.get(ip) ?? ip}`;
  const after = await rows();
  return {
    databases: daemons.map((_, at) => {
      const [old = [], now = []] = [before[at], after[at]];
      return { more: without(now, old).map(told).sort(), less: without(old, now).map(told).sort() };
    }),
    heard: listener.entries
      .map((entry, at) => `${members.get(listener.sources[at]?.address ?? '')} ${told(entry)}`)
      .sort(),
    drops: listener.drops,
    destinations: [
      ...new Set(group.seen.flat().map(({ to, port }) => `${to}, ${port === syncPort ? "the group's port" : port}`)),
    ],
    states: await states(),
  };
}

/** greyd's database refuses whoever comes while it is written to. */
async function patiently<T>(task: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await task();
    } catch (error) {
      if (tries === 50) throw error;
      await setTimeout(200);
    }
  }
}

/** The rows of which others have none alike. */
function without(rows: readonly Row[], others: readonly Row[]): Row[] {
  return rows.filter(
    (row) => !others.some(({ type, ip, text }) => type === row.type && ip === row.ip && text === row.text),
  );
}

async function statesOf({ greylist }: Served, role: Roles): Promise<States> {
  const each = Object.entries(role).map(async ([name, ip]) => [name, (await greylist.why(ip)).state] as const);
  return Object.fromEntries(await Promise.all(each)) as States;
}

/** A client on a host of the lab. */
async function attemptAt(daemon: Daemon, { inside, address }: LabHost, to: string): Promise<void> {
  const about: Attempt = { host: daemon.address, port: daemon.smtpPort, client: address, ...ALICE, to };
  await output([...inside, process.execPath, '--import', 'tsx', CLIENT, JSON.stringify(about)]);
}
