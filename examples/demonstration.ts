import { randomBytes } from 'node:crypto';
import { SyncKey, SyncPeer } from 'spamd-sync';

/**
 * A group of two on loopback: one peer announces what it saw to the other, signed with a key made up for the occasion;
 * then both go on listening.
 */
export async function demonstrate(
  log: (name: string, peer: SyncPeer) => void,
  closeOnSignal: (peers: readonly SyncPeer[]) => void,
): Promise<void> {
  const key = SyncKey.fromBytes(randomBytes(32));
  const mx1 = await SyncPeer.open({ key, listen: '127.0.0.1', port: 0 });
  const mx2 = await SyncPeer.open({
    key,
    listen: '127.0.0.1',
    port: 0,
    targets: [{ host: mx1.address.address, port: mx1.address.port }],
  });
  const unauthenticated = await SyncPeer.open({
    key: SyncKey.fromBytes(randomBytes(32)),
    listen: false,
    targets: [{ host: mx1.address.address, port: mx1.address.port }],
  });
  closeOnSignal([mx1, mx2]);
  log('mx1  ', mx1);
  log('mx2  ', mx2);

  console.log(`A sync group of two: mx1 on port ${mx1.address.port}, mx2 on port ${mx2.address.port} of 127.0.0.1.\n`);
  const now = Math.floor(Date.now() / 1000);
  const alice = { ip: '192.0.2.25', helo: 'mail.example.org', from: '<alice@example.org>', to: '<bob@example.net>' };

  console.log('mx2 defers a first attempt and announces it: GREY');
  await mx2.grey(alice);
  await turn();
  console.log('\nmx2 saw the retry pass and real mail delivered: WHITE');
  await mx2.white(alice.ip, now + 36 * 86_400);
  await turn();
  console.log('\nmx2 caught a host at a spamtrap: TRAPPED');
  await mx2.trapped('198.51.100.99', now + 86_400);
  await turn();
  console.log('\nA host without the key announces WHITE too, and its datagram is dropped:');
  await unauthenticated.white('203.0.113.66', now + 86_400);
  await unauthenticated.close();
  await turn();

  console.log(`
Both peers go on listening; Ctrl-C stops them. To join a real group, give spamd's own options:
  npm run peer -- -y em0 -Y em0 -K /etc/mail/spamd.key     multicast on an interface
  npm run peer -- -y 192.0.2.2 -Y mx2.example.org -K FILE  unicast
  npm run peer -- --help                                   everything else`);
}

/** Long enough for a datagram to cross loopback and be printed in its place. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 100));
}
