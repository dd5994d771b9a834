import { randomInt } from 'node:crypto';
import { INTERFACE, type LabHost } from '../e2e/lab.ts';
import type { Place } from './daemon.ts';
import { greets } from './smtp.ts';

/** Who is who on loopback. BSD has to be given these as aliases of lo0, see docs/interop.md. */
export const LOOPBACK = { daemon: '127.0.0.2', peer: '127.0.0.3', client: '127.0.0.4', spammer: '127.0.0.5' } as const;

export const GROUP = '224.0.1.240';
/** The group as Linux writes it in /proc/net/igmp. */
const GROUP_IN_PROC = 'F00100E0';

export const onLoopback: Place = {
  address: LOOPBACK.daemon,
  listen: LOOPBACK.daemon,
  target: LOOPBACK.peer,
  inside: [],
  ready: ({ address, smtpPort }) => greets({ host: address, port: smtpPort, client: LOOPBACK.client }),
};

/** A host of a lab, with multicast on its interface. */
export function onHost(host: LabHost): Place {
  return {
    address: host.address,
    listen: INTERFACE,
    target: INTERFACE,
    inside: host.inside,
    ready: async () => host.run('cat', '/proc/net/igmp').includes(GROUP_IN_PROC),
  };
}

let last = randomInt(0x1_0000);

/** An address of the benchmarking range that this run has not used yet, so that no test meets another's rows. */
export function freshAddress(): string {
  last = (last + 1) % 0x2_0000;
  return `198.${18 + (last >> 16)}.${(last >> 8) & 255}.${last & 255}`;
}

export function unixNow(): number {
  return Math.floor(Date.now() / 1000);
}
