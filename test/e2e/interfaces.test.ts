import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry } from 'spamd-sync';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { INTERFACE, Lab, type LabHost } from './lab.ts';
import type { RemotePeer } from './remote.ts';

const OPTIONS = { key: 'interfaces', listen: INTERFACE, targets: [INTERFACE] };
const NEW_ADDRESS = '10.99.0.77';
const IFINDEX = 4711;

let lab: Lab;
let host: LabHost;
/** On the host whose interface goes and comes. */
let peer: RemotePeer;
let far: RemotePeer;
let count = 0;

beforeAll(async () => {
  lab = new Lab(inject('labPrefix'), 2);
  host = lab.host(0);
  [peer, far] = await Promise.all([host.open(OPTIONS), lab.host(1).open(OPTIONS)]);
});
beforeEach(async () => {
  host.replug();
  // It has another hardware address each time.
  lab.host(1).ip('neigh', 'flush', 'all');
  await far.reopen(OPTIONS);
  await peer.reopen(OPTIONS);
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

function white(): Entry {
  const now = Math.floor(Date.now() / 1000);
  const ip = `198.18.${1 + ((count >> 8) & 127)}.${count++ & 255}`;
  return { type: 'white', ip, timestamp: now, expires: now + 600 };
}

/** Resolves when what the one announces reaches the other. */
async function reaches(from = far, to = peer): Promise<void> {
  const known = to.entries.length;
  await expect
    .poll(
      async () => {
        await from.announce(white());
        return to.entries.length > known;
      },
      { interval: 100 },
    )
    .toBe(true);
}

/** What the peer said of its interface. */
function said(): string[] {
  return peer.warnings.filter(({ code }) => code === 'WARN_SPAMD_INTERFACE').map(({ message }) => message);
}

const GONE: [string, (host: LabHost) => void, (host: LabHost) => void, string][] = [
  ['was removed', (host) => host.unplug(), (host) => host.plugIn(), 'there is no interface "em0"'],
  [
    'was down',
    (host) => host.ip('link', 'set', INTERFACE, 'down'),
    (host) => host.ip('link', 'set', INTERFACE, 'up'),
    'interface "em0" is down',
  ],
  ['had no carrier', (host) => host.cutWire(), (host) => host.mendWire(), 'interface "em0" has no carrier'],
  [
    'had no address',
    (host) => host.ip('addr', 'flush', 'dev', INTERFACE),
    (host) => host.ip('addr', 'add', `${host.address}/24`, 'dev', INTERFACE),
    'interface "em0" has no IPv4 address',
  ],
];

describe('a peer on an interface', () => {
  test.each(GONE)(
    'that %s receives and sends when it is back, and says both',
    async (_what, takeAway, giveBack, why) => {
      await reaches();
      takeAway(host);
      await expect.poll(() => said()).toEqual([`${why}: nothing is received or sent there until it is back`]);
      const gone = { name: INTERFACE, address: undefined, detail: why, changes: 1 };
      expect((await peer.health()).interfaces).toEqual([JSON.parse(JSON.stringify(gone))]);
      giveBack(host);
      await reaches();
      await reaches(peer, far);
      await expect.poll(() => said()[1]).toBe(`interface "em0" is back, with the address ${host.address}`);
      expect((await peer.health()).interfaces).toEqual([{ name: INTERFACE, address: host.address, changes: 2 }]);
    },
  );

  test.each([
    ['another index', undefined],
    ['the same index', IFINDEX],
  ])('that was re-created at once with %s receives and sends on the new one', async (_what, index) => {
    host.replug(index);
    await peer.reopen(OPTIONS);
    await reaches();
    host.replug(index);
    await reaches();
    await reaches(peer, far);
    expect(said().at(-1)).toMatch(/was re-created|is back/);
    expect((await peer.health()).interfaces).toMatchObject([{ name: INTERFACE, address: host.address }]);
  });

  test('whose group no socket can join says once that it is gone, and once that it is back', async () => {
    await reaches();
    // Of this namespace alone: no socket may be a member of any group.
    host.run('sysctl', '-qw', 'net.ipv4.igmp_max_memberships=0');
    host.replug();
    const why = 'the group cannot be joined: addMembership ENOBUFS';
    await expect.poll(() => said().at(-1)).toMatch(why);
    const [gone, ...more] = said().map((message) => message.includes('nothing is received'));
    expect([gone, ...more]).toEqual([true]);
    // The peer looks again every three seconds.
    await sleep(7000);
    expect(said()).toHaveLength(1);
    expect((await peer.health()).interfaces).toMatchObject([{ detail: why, changes: 1 }]);
    host.run('sysctl', '-qw', 'net.ipv4.igmp_max_memberships=20');
    await reaches();
    await reaches(peer, far);
    expect(said().slice(1)).toEqual([`interface "em0" is back, with the address ${host.address}`]);
  });

  test('that was re-addressed sends from the new address, and knows its own echo from there', async () => {
    await reaches(peer, far);
    host.ip('addr', 'del', `${host.address}/24`, 'dev', INTERFACE);
    host.ip('addr', 'add', `${NEW_ADDRESS}/24`, 'dev', INTERFACE);
    await reaches(peer, far);
    await reaches();
    expect(far.sources.at(-1)?.address).toBe(NEW_ADDRESS);
    expect(said().at(-1)).toMatch(
      /another address, 10\.99\.0\.77 in place of 10\.99\.0\.1|is back, with the address 10\.99\.0\.77/,
    );
    expect(peer.sources.map(({ address }) => address)).not.toContain(NEW_ADDRESS);
  });
});

// The kernel takes its time to see that there is no carrier.
test.each(GONE.filter(([what]) => what !== 'had no carrier'))(
  'a peer that waits for an interface that %s opens, says so, and joins when it comes',
  async (_what, takeAway, giveBack, why) => {
    takeAway(host);
    await peer.reopen({ ...OPTIONS, waitForInterface: true });
    await expect.poll(() => said()).toEqual([`${why}: it is waited for`]);
    giveBack(host);
    await reaches();
    await reaches(peer, far);
    expect(said().at(-1)).toBe(`interface "em0" is back, with the address ${host.address}`);
  },
);

test('a peer that waits for the address that it listens on opens, and binds it when it comes', async () => {
  const { address } = lab.host(1);
  host.ip('addr', 'flush', 'dev', INTERFACE);
  await peer.reopen({ ...OPTIONS, listen: host.address, targets: [address], waitForInterface: true });
  await far.reopen({ ...OPTIONS, listen: address, targets: [host.address] });
  const gone = `no interface that is up has the address ${host.address}`;
  await expect.poll(() => said()).toEqual([`${gone}: it is waited for`]);
  host.ip('addr', 'add', `${host.address}/24`, 'dev', INTERFACE);
  await reaches();
  await reaches(peer, far);
  expect(said().at(-1)).toBe(`the address ${host.address} is back`);
});

test('a peer on an address that vanishes says so, and receives again when it is back', async () => {
  const { address } = lab.host(1);
  await peer.reopen({ ...OPTIONS, listen: host.address, targets: [address] });
  await far.reopen({ ...OPTIONS, listen: address, targets: [host.address] });
  await reaches();
  host.ip('addr', 'flush', 'dev', INTERFACE);
  const gone = `no interface that is up has the address ${host.address}: nothing is received or sent there until it is back`;
  await expect.poll(() => said()).toEqual([gone]);
  host.ip('addr', 'add', `${host.address}/24`, 'dev', INTERFACE);
  await reaches();
  await reaches(peer, far);
  await expect.poll(() => said()).toEqual([gone, `the address ${host.address} is back`]);
});

test.each(GONE)(
  'to open a peer on an interface that %s names it for what it is',
  async (_what, takeAway, _back, why) => {
    takeAway(host);
    const failure = { code: 'ERR_SPAMD_INTERFACE', message: `${why}; there are: lo` };
    await expect(peer.reopen(OPTIONS)).rejects.toMatchObject(failure);
    if (why.startsWith('there is no')) return;
    // As a target alone it is not taken for a host's name.
    await expect(peer.reopen({ ...OPTIONS, listen: false })).rejects.toMatchObject(failure);
  },
);
