/** Two mail servers in one sync group, step by step: `npm run demo`. It ends by itself in ten seconds. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { SyncKey } from 'spamd-sync';
import { type Client, deliver } from './demo-client.ts';
import { type Mta, openMta } from './mta-front.ts';
import { endOnClosedPipe } from './pipe.ts';

/** Seconds. */
const PASSTIME = 4;
const SPAMTRAP = 'never-used@example.net';
const BOB = 'bob@example.net';

const started = performance.now();

async function main(): Promise<void> {
  const [mx1, mx2] = await openGroup();
  try {
    await play(mx1, mx2);
  } finally {
    await Promise.all([mx1.close(), mx2.close()]);
  }
}

async function play(mx1: Mta, mx2: Mta): Promise<void> {
  const alice: Client = { name: 'alice', ip: '192.0.2.25', helo: 'mail.example.org', from: 'alice@example.org' };
  const spammer: Client = { name: 'spammer', ip: '198.51.100.66', helo: 'bulk.example.com', from: 'win@example.com' };

  console.log(`\
Two mail servers, mx1 and mx2, accept mail for example.net and form a sync group: what one of them sees it announces
to the other, in UDP datagrams signed with a key that both have. Both greylist: a client that is new is asked to come
back later, which mail servers do and most spammers do not. Nobody has good reason to write to ${SPAMTRAP},
a spamtrap: whoever does is trapped, that is refused for a day.

To keep this short a retry passes after ${PASSTIME} seconds (passtime; spamd's own is 25 minutes). All of it happens on
loopback, with made-up clients and a key made up just now.`);

  chapter(
    `alice's server (${alice.ip}) is new to both. It has a mail for bob and tries mx1. mx1 announces GREY to mx2.`,
  );
  await attempt(alice, 'mx1', mx1, BOB, '451');
  const deferred = performance.now();

  chapter('A second later it tries mx2, which knows from mx1 when the first attempt was: too soon.');
  await sleep(1000);
  await attempt(alice, 'mx2', mx2, BOB, '451');

  chapter('It waits until passtime is over, tries mx2 again, and passes. mx2 announces WHITE to mx1.');
  // spamd's rule is strict, and its clock counts whole seconds: hence one more.
  await sleep((PASSTIME + 1) * 1000 - (performance.now() - deferred));
  await attempt(alice, 'mx2', mx2, BOB, '250');

  chapter('Its next mail goes to mx1, where it never passed before, and is accepted at once.');
  await attempt(alice, 'mx1', mx1, BOB, '250');

  chapter(
    `A spammer (${spammer.ip}) has an address list with the spamtrap on it and tries mx1. mx1 announces TRAPPED to mx2.`,
  );
  await attempt(spammer, 'mx1', mx1, SPAMTRAP, '550');

  chapter('So it is trapped at mx2 too, where it never was before, whoever it writes to.');
  await attempt(spammer, 'mx2', mx2, BOB, '550');

  console.log(`
The end. bob got ${mx1.accepted() + mx2.accepted()} mails, all from alice (this example throws mail away). The code is in examples/mta-front.ts;
to run such a server in a real group:  npm run mta -- --help`);
}

/** Ports are the system's choice, so that nothing on this host is in the way. */
async function openGroup(): Promise<[Mta, Mta]> {
  const key = SyncKey.fromBytes(randomBytes(32));
  const [port1, port2] = await freePorts();
  const open = (name: string, other: string, port: number, otherPort: number) =>
    openMta({
      host: '127.0.0.1',
      port: 0,
      sync: { key, listen: '127.0.0.1', port, targets: [{ host: '127.0.0.1', port: otherPort }] },
      policy: { passtime: PASSTIME, allowedDomains: ['@example.net'] },
      spamtraps: [SPAMTRAP],
      smtp: { useProxy: true },
      log: (line) => print(name, line),
      nameOf: () => other,
    });
  const mx1 = await open('mx1', 'mx2', port1, port2);
  try {
    return [mx1, await open('mx2', 'mx1', port2, port1)];
  } catch (error) {
    await mx1.close();
    throw error;
  }
}

/** Each has to know the other's port before the other is there. */
async function freePorts(): Promise<[number, number]> {
  const sockets = [createSocket('udp4'), createSocket('udp4')] as const;
  await Promise.all(sockets.map((socket) => once(socket.bind(0, '127.0.0.1'), 'listening')));
  const [one, two] = sockets.map((socket) => socket.address().port) as [number, number];
  await Promise.all(sockets.map((socket) => once(socket.close(), 'close')));
  return [one, two];
}

/** @param expected The reply's code; with another the text printed would be untrue. */
async function attempt(client: Client, mx: string, { address }: Mta, to: string, expected: string): Promise<void> {
  const reply = await deliver(client, address, to);
  print(client.name, `${mx} replied ${reply}`);
  if (!reply.startsWith(expected)) throw new Error(`${mx} was to reply ${expected}`);
  // Long enough for what is announced to cross loopback and be printed in its place.
  await sleep(200);
}

let chapters = 0;

function chapter(text: string): void {
  console.log(`\n${++chapters}. ${text}`);
}

function print(name: string, line: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${seconds.padStart(6)} s  ${name.padEnd(7)}  ${line}`);
}

endOnClosedPipe('demo');
main().catch((error: unknown) => {
  console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
