/**
 * What becomes of a peer whose interface goes, comes back or is re-addressed: how long until it receives and sends again.
 * Run as root on Linux: node --import tsx test/attack/interfaces.ts [seconds to wait at most, 15]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry } from 'spamd-sync';
import { INTERFACE, Lab, type LabHost } from '../e2e/lab.ts';
import type { RemotePeer } from '../e2e/remote.ts';

const MAX_WAIT = Number(process.argv[2] ?? 15);
const NEW_ADDRESS = '10.99.0.77';

let count = 0;

function white(): Entry {
  const now = Math.floor(Date.now() / 1000);
  return { type: 'white', ip: `198.18.${count >> 8}.${count++ & 255}`, timestamp: now, expires: now + 600 };
}

/** Seconds until what one announces reaches the other; it announces ten times a second. */
async function until(from: RemotePeer, to: RemotePeer): Promise<string> {
  const begin = performance.now();
  const known = to.entries.length;
  while (performance.now() - begin < MAX_WAIT * 1000) {
    await from.announce(white());
    await sleep(100);
    if (to.entries.length > known) return `${((performance.now() - begin) / 1000).toFixed(1)} s`;
  }
  return `not in ${MAX_WAIT} s`;
}

const ATTACKS: Record<string, (host: LabHost) => void | Promise<void>> = {
  'nothing, for scale': () => {},
  'down for 4 s and up': async (host) => {
    host.ip('link', 'set', INTERFACE, 'down');
    await sleep(4000);
    host.ip('link', 'set', INTERFACE, 'up');
    host.ip('route', 'replace', '224.0.0.0/4', 'dev', INTERFACE);
  },
  're-created at once': (host) => {
    host.replug();
  },
  're-created after 4 s': async (host) => {
    host.unplug();
    await sleep(4000);
    host.plugIn();
  },
  're-created with the same ifindex': (host) => {
    host.replug(4711);
  },
  're-addressed': (host) => {
    host.ip('addr', 'del', `${host.address}/24`, 'dev', INTERFACE);
    host.ip('addr', 'add', `${NEW_ADDRESS}/24`, 'dev', INTERFACE);
    host.ip('route', 'replace', '224.0.0.0/4', 'dev', INTERFACE);
  },
  're-created 25 times': (host) => {
    for (let times = 0; times < 25; times++) {
      host.replug();
    }
  },
};

for (const [name, attack] of Object.entries(ATTACKS)) {
  await using lab = new Lab(`at${process.pid.toString(36)}-`, 2);
  const [host, other] = [lab.host(0), lab.host(1)];
  if (name.includes('ifindex')) {
    host.replug(4711);
  }
  const options = { key: 'attack', listen: INTERFACE, targets: [INTERFACE] };
  const [peer, far] = [await host.open(options), await other.open(options)];
  await until(far, peer);
  await attack(host);
  const [sends, receives] = await Promise.all([until(peer, far), until(far, peer)]);
  console.log(`${name}: receives again after ${receives}, sends again after ${sends}`);
  for (const { code, message } of peer.warnings) console.log(`  ${code} ${message}`);
}
