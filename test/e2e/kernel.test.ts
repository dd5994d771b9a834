import type { Entry } from 'spamd-sync';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Lab, type LabHost } from './lab.ts';

const BURST = 400;

let lab: Lab;
beforeAll(() => {
  lab = new Lab(inject('labPrefix'), 2);
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

/** What the kernel threw away for want of room in a buffer, by its own count: the last column of the one socket. */
function kernelDrops(host: LabHost): number {
  const [, ...sockets] = host.run('cat', '/proc/net/udp').trim().split('\n');
  return sockets.reduce((sum, socket) => sum + Number(socket.trim().split(/\s+/).at(-1)), 0);
}

function white(index: number): Entry {
  const now = Math.floor(Date.now() / 1000);
  return { type: 'white', ip: `198.18.${index >> 8}.${index & 255}`, timestamp: now, expires: now + 600 };
}

test('what overflows the receive buffer is no drop of ours, but is seen to be missing', async () => {
  const [sender, receiver] = await Promise.all([
    lab.host(0).open({ key: null, listen: false, targets: [lab.host(1).address] }),
    lab.host(1).open({ key: null, listen: { at: lab.host(1).address, receiveBuffer: 16_384 } }),
  ]);
  receiver.freeze();
  for (let i = 0; i < BURST; i++) await sender.announce(white(i));
  receiver.thaw();
  const arrived = BURST - kernelDrops(lab.host(1));
  await expect.poll(() => receiver.entries.length).toBe(arrived);

  // What comes next shows by its counter how many did not.
  await sender.announce(white(BURST));

  await expect.poll(() => receiver.entries.length).toBe(arrived + 1);
  const { received, drops } = await receiver.stats();
  expect(arrived).toBeLessThan(BURST);
  expect(received.datagrams).toBe(arrived + 1);
  expect(Object.values(drops)).toEqual(Object.values(drops).map(() => 0));
  expect((await receiver.health()).sources[0]?.lost).toBe(BURST - arrived);
});
