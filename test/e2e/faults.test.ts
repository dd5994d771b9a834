import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry } from 'spamd-sync';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { INTERFACE, Lab, type LabHost } from './lab.ts';
import type { HostOptions, RemotePeer } from './remote.ts';

const PORT = '8025';

let lab: Lab;
let host: LabHost;
let peer: RemotePeer;
let far: RemotePeer;
let count = 0;

beforeAll(async () => {
  lab = new Lab(inject('labPrefix'), 2);
  host = lab.host(0);
  [peer, far] = await Promise.all([host.open(at(0)), lab.host(1).open(at(1))]);
});
beforeEach(async () => {
  await peer.reopen(at(0));
  await far.reopen(at(1));
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

/** A peer on the address of one host, which sends to the other. */
function at(index: number): HostOptions {
  return { key: 'faults', listen: lab.host(index).address, targets: [lab.host(1 - index).address] };
}

function white(): Entry {
  const now = Math.floor(Date.now() / 1000);
  return { type: 'white', ip: `198.18.${count >> 8}.${count++ & 255}`, timestamp: now, expires: now + 600 };
}

/** What is announced at either arrives at the other, at once and whole. */
async function expectBothWays(): Promise<void> {
  for (const [from, to] of [
    [peer, far],
    [far, peer],
  ] as const) {
    const entry = white();
    expect((await from.announce(entry)).targets).toMatchObject([{ sent: 1, failed: 0 }]);
    await expect.poll(() => to.entries.at(-1)).toEqual(entry);
  }
}

/** A packet filter of one rule on a host, until it is taken away. */
function filter(on: LabHost, hook: 'input' | 'output', verdict: string): Disposable {
  const table = ['inet', 'fault'];
  on.run('nft', 'add', 'table', ...table);
  on.run('nft', 'add', 'chain', ...table, 'faults', `{ type filter hook ${hook} priority 0; policy accept; }`);
  on.run('nft', 'add', 'rule', ...table, 'faults', 'udp', 'dport', PORT, ...verdict.split(' '));
  return { [Symbol.dispose]: () => void on.run('nft', 'delete', 'table', ...table) };
}

test('what a packet filter of this host refuses is reported as EPERM and counted, until it lets it through', async () => {
  {
    using _filter = filter(host, 'output', 'drop');
    for (let times = 0; times < 3; times++) {
      const [report] = (await peer.announce(white())).targets;
      expect(report).toMatchObject({ sent: 0, failed: 1, error: { code: 'ERR_SPAMD_SEND' } });
      expect(report?.error?.message).toContain('EPERM');
    }
    expect(peer.warnings.map(({ code }) => code)).toEqual(['WARN_SPAMD_TARGET']);
  }
  await expectBothWays();
  expect((await peer.stats()).sent).toMatchObject({ datagrams: 1, failed: 3 });
  expect(far.entries).toHaveLength(1);
});

test.each(['drop', 'reject with icmp port-unreachable', 'reject with icmp host-unreachable'])(
  'what the packet filter of the receiver answers with %s is seen to be missing there, and fails nothing here',
  async (verdict) => {
    await expectBothWays();
    {
      using _filter = filter(lab.host(1), 'input', verdict);
      for (let times = 0; times < 3; times++) {
        expect((await peer.announce(white())).targets).toMatchObject([{ sent: 1, failed: 0 }]);
      }
    }
    await expectBothWays();
    expect(peer.warnings).toEqual([]);
    expect((await far.health()).sources).toMatchObject([{ accepted: 2, lost: 3 }]);
  },
);

test('a receiver whose program has ended is announced to in vain, and receives when it is back', async () => {
  await far.closePeer();
  for (let times = 0; times < 3; times++) {
    expect((await peer.announce(white())).targets).toMatchObject([{ sent: 1, failed: 0 }]);
  }
  await far.reopen(at(1));
  await expectBothWays();
  expect(peer.warnings).toEqual([]);
});

test('a datagram longer than the interface takes at once arrives whole, in fragments', async () => {
  host.ip('link', 'set', INTERFACE, 'mtu', '600');
  const entries = Array.from({ length: 85 }, white);
  expect((await peer.announce(...entries)).targets).toMatchObject([{ sent: 85, failed: 0 }]);
  await expect.poll(() => far.entries).toEqual(entries);
  expect((await far.stats()).received.datagrams).toBe(1);
  host.ip('link', 'set', INTERFACE, 'mtu', '1500');
});

test('a port that another program took meanwhile is named, and had again when that is gone', async () => {
  await peer.closePeer();
  const thief = await host.open(at(0));
  await expect(peer.reopen(at(0))).rejects.toMatchObject({
    code: 'ERR_SPAMD_LISTEN',
    message: `cannot listen on ${host.address}:8025: the port is in use, perhaps by a spamd on this host`,
  });
  await thief.closePeer();
  await peer.reopen(at(0));
  await expectBothWays();
});

test('a process that stands still for two seconds receives all that came meanwhile, and sends on', async () => {
  await expectBothWays();
  peer.freeze();
  const sent: Entry[] = [];
  for (let times = 0; times < 100; times++) {
    const entry = white();
    sent.push(entry);
    await far.announce(entry);
    await sleep(20);
  }
  peer.thaw();
  await expect.poll(() => peer.entries.slice(1)).toEqual(sent);
  await expectBothWays();
  expect((await peer.health()).sources).toMatchObject([{ accepted: 102, lost: 0, drops: {} }]);
});
