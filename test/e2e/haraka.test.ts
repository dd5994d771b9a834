import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freeTcpPort } from '../support/free-port.ts';
import { HarakaServer, installFixtures, installPlugin } from './haraka-server.ts';
import { deliver, MailHost, Sink } from './mail-host.ts';

const BOB = 'bob@example.net';
const CAROL = 'carol@example.net';
const TRAP = 'trap@example.net';
const GREYLISTED = [expect.stringMatching(/^451 4\.7\.1 Greylisted, please try again in \d+ seconds$/)];
const TRAPPED = [expect.stringMatching(/^550 5\.7\.1 Refused: your address is trapped until /)];
const ACCEPTED = [expect.stringMatching(/^250 /), expect.stringMatching(/^250 /)];

let host: MailHost;
let sink: Sink;
beforeAll(async () => {
  host = await MailHost.open();
  sink = await Sink.open('127.0.0.9');
  await host.startDaemon();
  await host.ask((greylist) => greylist.spamtraps.add(TRAP));
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await sink[Symbol.asyncDispose]();
});

test('the tests of the plugin pass with the fixtures of Haraka', async () => {
  const directory = installPlugin(host.directory);
  installFixtures(directory);
  const program = host.start(['sh', '-c', `cd ${directory} && exec ${process.execPath} --test`]);
  expect(await program.ended, program.stdout).toBe(0);
  expect(program.stdout).toMatch(/\n# pass [1-9]|\nℹ pass [1-9]/);
});

async function startHaraka(main: Readonly<Record<string, unknown>>): Promise<HarakaServer> {
  return HarakaServer.start(host, main, { address: '127.0.0.1', port: await freeTcpPort(), sink: sink.port });
}

/** The whole of it: deferred, accepted, white, trapped, and unknown users refused by Haraka. */
async function goesThroughItAll(server: HarakaServer, net: string): Promise<void> {
  const [client, trapped] = [`${net}.1`, `${net}.2`];
  expect(await deliver(server.port, { ip: client, to: BOB })).toEqual(GREYLISTED);
  await expect
    .poll(() => deliver(server.port, { ip: client, to: BOB }), { interval: 300, timeout: 20_000 })
    .toEqual(ACCEPTED);
  expect(await deliver(server.port, { ip: client, to: CAROL, from: 'other@example.com' })).toEqual(ACCEPTED);
  expect(server.log.match(/queued; X-Greylist: .*/g)).toEqual([
    expect.stringMatching(/delayed \d+ seconds by spamd-sync; /),
    expect.stringMatching(/X-Greylist: *$/),
  ]);
  expect(await deliver(server.port, { ip: trapped, to: TRAP })).toEqual(TRAPPED);
  expect(await deliver(server.port, { ip: trapped, to: BOB })).toEqual(TRAPPED);
  const unknown = await deliver(server.port, { ip: client, to: 'nobody@example.net' });
  expect(unknown).toEqual([expect.stringMatching(/^550 no such user/)]);
}

test.each([
  { name: 'one process', net: '127.77.2', main: { nodes: 0 } },
  { name: 'one worker', net: '127.77.3', main: { nodes: 1 } },
  { name: 'a daemon with one worker', net: '127.77.4', main: { nodes: 1, daemonize: true } },
])(
  'Haraka as $name defers, accepts the retry, traps unknown users too, and stops',
  { timeout: 90_000 },
  async ({ net, main }) => {
    await using server = await startHaraka(main);
    await goesThroughItAll(server, net);
  },
);

describe('Haraka with two workers', { timeout: 60_000 }, () => {
  let server: HarakaServer;
  beforeAll(async () => {
    server = await startHaraka({ nodes: 2 });
  });

  test('defers, accepts the retry, and traps unknown users too, whichever worker is asked', async () => {
    await goesThroughItAll(server, '127.77.5');
  });

  test('makes white where outbound mail was delivered', async () => {
    const relayed = { ip: '127.77.6.1', to: 'eve@elsewhere.example', from: 'local@example.net' };
    expect(await deliver(server.port, relayed)).toEqual(ACCEPTED);
    await expect.poll(() => host.records('127.0.0.9')).toEqual(['WHITE']);
  });

  test('greylists after a worker was killed', async () => {
    const before = server.workers;
    for (const pid of before) process.kill(pid, 'SIGKILL');
    const forked = () => server.workers.filter((pid) => !before.includes(pid));
    await expect.poll(forked, { timeout: 30_000 }).toHaveLength(2);
    const again = () => deliver(server.port, { ip: '127.77.6.2', to: BOB });
    await expect.poll(again, { timeout: 30_000 }).toEqual(GREYLISTED);
  });

  test('accepts all mail while the daemon is dead, and greylists again when it is back', async () => {
    await host.signalDaemon('SIGKILL');
    expect(await deliver(server.port, { ip: '127.77.6.3', to: BOB })).toEqual(ACCEPTED);
    expect(server.log).toMatch(/nobody serves a greylist/);
    await host.startDaemon();
    expect(await deliver(server.port, { ip: '127.77.6.4', to: BOB })).toEqual(GREYLISTED);
  });

  test('accepts mail of a daemon that does not answer, after a while', async () => {
    await host.signalDaemon('SIGSTOP');
    expect(await deliver(server.port, { ip: '127.77.6.5', to: BOB })).toEqual(ACCEPTED);
    await host.signalDaemon('SIGCONT');
    expect(await deliver(server.port, { ip: '127.77.6.6', to: BOB })).toEqual(GREYLISTED);
  });

  test('greylists in a session that outlives the beginning of a shutdown, and then stops promptly', async () => {
    const socket = createConnection({ port: server.port, host: '127.0.0.1', localAddress: '127.77.6.7' });
    const lines = createInterface(socket)[Symbol.asyncIterator]();
    const say = async (command: string) => {
      if (command !== '') socket.write(`${command}\r\n`);
      for (;;) {
        const { value = '', done } = await lines.next();
        if (done || value[3] !== '-') return value;
      }
    };
    for (const command of ['', 'EHLO mx.example.org', 'MAIL FROM:<a@example.org>']) {
      expect(await say(command)).toMatch(/^2/);
    }
    const stopped = server.stop();
    await expect.poll(() => server.log).toMatch(/Killing worker/);
    expect([await say(`RCPT TO:<${BOB}>`)]).toEqual(GREYLISTED);
    expect(await say('QUIT')).toMatch(/^221/);
    socket.destroy();
    await stopped;
    expect(server.log).not.toMatch(/failed to shutdown|Disconnect never/i);
  });
});
