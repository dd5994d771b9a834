import type { Entry } from 'spamd-sync';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { datagrams } from './capture.ts';
import { INTERFACE, Lab } from './lab.ts';
import type { HostOptions } from './remote.ts';

const GROUP = '224.0.1.240';
/** 224.0.1.240 as /proc/net/igmp writes it. */
const GROUP_IN_PROC = 'F00100E0';
const onGroup: HostOptions = { key: 'secret\n', listen: INTERFACE, targets: [INTERFACE] };

let lab: Lab;
beforeAll(() => {
  lab = new Lab(inject('labPrefix'), 3);
});
afterEach(async () => {
  await Promise.all(lab.hosts.map((host) => host.closePeers()));
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

function white(ip: string): Entry {
  const now = Math.floor(Date.now() / 1000);
  return { type: 'white', ip, timestamp: now, expires: now + 600 };
}

describe('multicast', () => {
  test('reaches the other hosts, and the own echo is dropped as self', async () => {
    const [mx1, mx2, mx3] = await Promise.all(lab.hosts.map((host) => host.open(onGroup)));
    const said: Entry = {
      type: 'grey',
      ip: '192.0.2.7',
      helo: 'mail.example.org',
      from: '<Alice@example.org>',
      to: '<bob@example.net>',
      timestamp: Math.floor(Date.now() / 1000),
    };

    await mx1?.announce(said);

    await expect.poll(() => mx2?.entries).toEqual([said]);
    await expect.poll(() => mx3?.entries).toEqual([said]);
    await expect.poll(() => mx1?.drops.map(({ reason }) => reason)).toEqual(['self']);
    expect(mx1?.entries).toEqual([]);
    expect(mx2?.sources).toEqual([{ address: lab.host(0).address, port: 8025 }]);
  });

  test.each([
    { target: INTERFACE, ttl: 1 },
    { target: `${INTERFACE}:2`, ttl: 2 },
    { target: `${INTERFACE}:255`, ttl: 255 },
  ])('to $target leaves with an IP TTL of $ttl', async ({ target, ttl }) => {
    await using seen = await datagrams(lab.host(1));
    const peer = await lab.host(0).open({ ...onGroup, listen: false, targets: [target] });

    await peer.announce(white('192.0.2.8'));

    await expect.poll(() => seen.list).toEqual([expect.objectContaining({ to: GROUP, port: 8025, ttl })]);
  });

  test('keeps to its group', async () => {
    const other = { ...onGroup, group: '224.0.1.241' };
    const [sender, alike, different] = await Promise.all([
      lab.host(0).open(other),
      lab.host(1).open(other),
      lab.host(2).open(onGroup),
    ]);

    await sender.announce(white('192.0.2.9'));
    await expect.poll(() => alike.entries.map(({ ip }) => ip)).toEqual(['192.0.2.9']);
    await (await lab.host(0).open(onGroup)).announce(white('192.0.2.14'));

    await expect.poll(() => different.entries.map(({ ip }) => ip)).toEqual(['192.0.2.14']);
    expect((await different.stats()).received.datagrams).toBe(1);
  });

  test('and unicast copies of a datagram are delivered once', async () => {
    const receiver = await lab.host(1).open(onGroup);
    const sender = await lab.host(0).open({ ...onGroup, targets: [INTERFACE, lab.host(1).address] });

    await sender.announce(white('192.0.2.10'));

    await expect.poll(() => receiver.drops.map(({ reason }) => reason)).toEqual(['duplicate']);
    expect(receiver.entries).toHaveLength(1);
    expect((await receiver.stats()).drops.duplicate).toBe(1);
  });

  test('is heard by both of two peers on one host, from elsewhere and from each other', async () => {
    const [first, second, far] = await Promise.all([
      lab.host(0).open(onGroup),
      lab.host(0).open(onGroup),
      lab.host(1).open(onGroup),
    ]);

    await far.announce(white('192.0.2.11'));
    await expect.poll(() => [first.entries.length, second.entries.length]).toEqual([1, 1]);
    await first.announce(white('192.0.2.12'));
    await expect.poll(() => [second.entries.length, far.entries.length]).toEqual([2, 1]);
    await second.announce(white('192.0.2.13'));

    const heard = (peer: typeof first) => peer.entries.map(({ ip }) => ip);
    await expect.poll(() => heard(first)).toEqual(['192.0.2.11', '192.0.2.13']);
    expect(heard(second)).toEqual(['192.0.2.11', '192.0.2.12']);
    await expect.poll(() => heard(far)).toEqual(['192.0.2.12', '192.0.2.13']);
  });

  test('ends with close: the group is left', async () => {
    const memberships = () => lab.host(0).run('cat', '/proc/net/igmp');
    const peer = await lab.host(0).open(onGroup);
    expect(memberships()).toContain(GROUP_IN_PROC);

    await peer.closePeer();

    expect(memberships()).not.toContain(GROUP_IN_PROC);
  });
});
