import type { Entry } from 'spamd-sync';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { INTERFACE, Lab } from './lab.ts';
import type { HostOptions } from './remote.ts';

const KEY = 'secret\n';

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

function trapped(ip: string): Entry {
  const now = Math.floor(Date.now() / 1000);
  return { type: 'trapped', ip, timestamp: now, expires: now + 600 };
}

/** On the address of a host of the lab. */
function at(index: number, options: Partial<HostOptions> = {}): HostOptions {
  return { key: KEY, listen: lab.host(index).address, ...options };
}

describe('unicast', () => {
  test('goes to an address', async () => {
    const receiver = await lab.host(1).open(at(1));
    const sender = await lab.host(0).open(at(0, { targets: [lab.host(1).address] }));

    await sender.announce(trapped('192.0.2.20'));

    await expect.poll(() => receiver.entries).toEqual([expect.objectContaining({ ip: '192.0.2.20' })]);
    expect(receiver.sources).toEqual([{ address: lab.host(0).address, port: 8025 }]);
  });

  test('goes to a host name', async () => {
    const receiver = await lab.host(1).open(at(1));
    const sender = await lab.host(0).open(at(0, { targets: [lab.host(1).name] }));

    const report = await sender.announce(trapped('192.0.2.21'));

    await expect.poll(() => receiver.entries).toHaveLength(1);
    expect(report.targets).toEqual([expect.objectContaining({ target: lab.host(1).name, sent: 1, failed: 0 })]);
    expect((await sender.health()).targets[0]?.address).toBe(lab.host(1).address);
  });

  test('of a peer that only sends comes from another port and is heard', async () => {
    const receiver = await lab.host(1).open(at(1));
    const sender = await lab.host(0).open(at(0, { listen: false, targets: [lab.host(1).address] }));
    const { port } = await sender.address();

    await sender.announce(trapped('192.0.2.22'));

    await expect.poll(() => receiver.sources).toEqual([{ address: lab.host(0).address, port }]);
    expect(port).not.toBe(8025);
  });

  test('under another key is dropped, and warned of when a target does it again and again', async () => {
    const receiver = await lab.host(1).open(at(1, { targets: [lab.host(0).name] }));
    const sender = await lab.host(0).open(at(0, { key: 'another', targets: [lab.host(1).address] }));

    for (let i = 1; i <= 5; i++) await sender.announce(trapped(`192.0.2.${i}`));

    await expect.poll(() => receiver.drops.map(({ reason }) => reason)).toEqual(Array(5).fill('auth'));
    await expect.poll(() => receiver.warnings.map(({ code }) => code)).toEqual(['WARN_SPAMD_KEY_MISMATCH']);
    expect(receiver.warnings[0]?.message).toContain(lab.host(0).name);
    expect(receiver.entries).toEqual([]);
  });
});

describe('a host that is gone', () => {
  test('does not hold back the others, and shows as silent', async () => {
    const [sender, up, down] = await Promise.all([
      lab.host(0).open(at(0, { targets: [lab.host(2).address, lab.host(1).address] })),
      lab.host(1).open(at(1, { targets: [lab.host(0).address] })),
      lab.host(2).open(at(2, { targets: [lab.host(0).address] })),
    ]);
    lab.host(2).ip('link', 'set', INTERFACE, 'down');
    try {
      await down.announce(trapped('192.0.2.30'));
      await sender.announce(trapped('192.0.2.31'));
      await up.announce(trapped('192.0.2.32'));

      await expect.poll(() => up.entries.map(({ ip }) => ip)).toEqual(['192.0.2.31']);
      await expect.poll(() => sender.entries.map(({ ip }) => ip)).toEqual(['192.0.2.32']);
      expect((await sender.health()).targets).toEqual([
        expect.not.objectContaining({ lastReceived: expect.any(Number) }),
        expect.objectContaining({ target: lab.host(1).address, lastReceived: expect.any(Number) }),
      ]);
      expect((await down.health()).targets).toEqual([expect.objectContaining({ sent: 0, failed: 1 })]);
      const codes = new Set(down.warnings.map(({ code }) => code));
      expect(codes).toEqual(new Set(['WARN_SPAMD_INTERFACE', 'WARN_SPAMD_TARGET']));
      expect(down.entries).toEqual([]);
    } finally {
      lab.host(2).ip('link', 'set', INTERFACE, 'up');
      lab.host(2).ip('route', 'add', '224.0.0.0/4', 'dev', INTERFACE);
    }
  });

  test('for want of a route is reported, and told again once there is one', async () => {
    // Not the port of the test before: what the kernel held for the host that was down may only come now.
    const port = 8026;
    const [sender, near, lost] = await Promise.all([
      lab.host(0).open(at(0, { port, targets: [lab.host(2).address, lab.host(1).address] })),
      lab.host(1).open(at(1, { port })),
      lab.host(2).open(at(2, { port })),
    ]);
    lab.host(0).ip('route', 'add', 'unreachable', lab.host(2).address);
    try {
      const report = await sender.announce(trapped('192.0.2.33'));

      expect(report.targets).toEqual([
        expect.objectContaining({
          target: lab.host(2).address,
          sent: 0,
          failed: 1,
          error: {
            code: 'ERR_SPAMD_SEND',
            message: `target ${lab.host(2).address}: sending to ${lab.host(2).address}:${port}: EHOSTUNREACH`,
          },
        }),
        expect.objectContaining({ target: lab.host(1).address, sent: 1, failed: 0 }),
      ]);
      await expect.poll(() => near.entries).toHaveLength(1);
      await expect.poll(() => sender.warnings.map(({ code }) => code)).toEqual(['WARN_SPAMD_TARGET']);
    } finally {
      lab.host(0).ip('route', 'del', 'unreachable', lab.host(2).address);
    }

    await sender.announce(trapped('192.0.2.34'));

    await expect.poll(() => lost.entries.map(({ ip }) => ip)).toEqual(['192.0.2.34']);
    expect((await sender.health()).targets[0]).not.toHaveProperty('lastError');
  });
});
