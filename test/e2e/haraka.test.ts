import { once } from 'node:events';
import { type AddressInfo, createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HarakaServer, installFixtures, installPlugin } from './haraka-server.ts';
import { deliver, MailHost } from './mail-host.ts';

const BOB = 'bob@example.net';
const CAROL = 'carol@example.net';
const TRAP = 'trap@example.net';
const GREYLISTED = [expect.stringMatching(/^451 4\.7\.1 Greylisted, please try again in \d+ seconds$/)];
const TRAPPED = [expect.stringMatching(/^550 5\.7\.1 Refused: your address is trapped until /)];
const ACCEPTED = [expect.stringMatching(/^250 /), expect.stringMatching(/^250 /)];

let host: MailHost;
let sink: SMTPServer;
let sinkPort: number;
beforeAll(async () => {
  host = await MailHost.open();
  sink = new SMTPServer({ disabledCommands: ['AUTH', 'STARTTLS'], disableReverseLookup: true });
  await once(sink.listen(0, '127.0.0.9'), 'listening');
  sinkPort = (sink.server.address() as AddressInfo).port;
  await host.startDaemon();
  await host.ask((greylist) => greylist.spamtraps.add(TRAP));
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await new Promise<void>((resolve) => sink.close(resolve));
});

test('the tests of the plugin pass with the fixtures of Haraka', async () => {
  const directory = installPlugin(host.directory);
  installFixtures(directory);
  const program = host.start(['sh', '-c', `cd ${directory} && exec ${process.execPath} --test`]);
  expect(await program.ended, program.stdout).toBe(0);
  expect(program.stdout).toMatch(/\n# pass [1-9]|\nℹ pass [1-9]/);
});

describe.each([
  { name: 'one process', ip: 10, main: { nodes: 0 } },
  { name: 'one worker', ip: 20, main: { nodes: 1 } },
  { name: 'two workers', ip: 30, main: { nodes: 2 } },
  {
    name: 'a daemon with one worker',
    ip: 40,
    main: { nodes: 1, daemonize: true, daemon_pid_file: 'haraka.pid', daemon_log_file: 'haraka.log' },
  },
])('Haraka as $name', ({ ip, main }) => {
  test('defers, accepts the retry with a header field, traps unknown users too, and stops promptly', async () => {
    await using server = await HarakaServer.start(host, sinkPort, main);
    const client = (last: number) => `127.77.2.${ip + last}`;
    expect(await deliver(server.port, { ip: client(1), to: BOB })).toEqual(GREYLISTED);
    await expect
      .poll(() => deliver(server.port, { ip: client(1), to: BOB }), { interval: 300, timeout: 5000 })
      .toEqual(ACCEPTED);
    expect(await deliver(server.port, { ip: client(1), to: CAROL, from: 'other@example.com' })).toEqual(ACCEPTED);
    expect(server.log.match(/queued; X-Greylist: .*/g)).toEqual([
      expect.stringMatching(/delayed \d+ seconds by spamd-sync; /),
      expect.stringMatching(/X-Greylist: *$/),
    ]);
    expect(await deliver(server.port, { ip: client(2), to: TRAP })).toEqual(TRAPPED);
    expect(await deliver(server.port, { ip: client(2), to: BOB })).toEqual(TRAPPED);
    const unknown = await deliver(server.port, { ip: client(1), to: 'nobody@example.net' });
    expect(unknown).toEqual([expect.stringMatching(/^550 no such user/)]);
  });
});

describe('Haraka with two workers', () => {
  let server: HarakaServer;
  beforeAll(async () => {
    server = await HarakaServer.start(host, sinkPort, { nodes: 2 });
  });

  test('makes white where outbound mail was delivered', async () => {
    const relayed = { ip: '127.77.3.1', to: 'eve@elsewhere.example', from: 'local@example.net' };
    expect(await deliver(server.port, relayed)).toEqual(ACCEPTED);
    await expect.poll(() => host.records('127.0.0.9')).toEqual(['WHITE']);
  });

  test('greylists after a worker was killed', async () => {
    const before = server.workers;
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await expect.poll(() => server.workers.filter((pid) => !before.includes(pid))).toHaveLength(2);
    await expect.poll(() => deliver(server.port, { ip: '127.77.3.2', to: BOB })).toEqual(GREYLISTED);
  });

  test('accepts all mail while the daemon is dead, and greylists again when it is back', async () => {
    await host.signalDaemon('SIGKILL');
    expect(await deliver(server.port, { ip: '127.77.3.3', to: BOB })).toEqual(ACCEPTED);
    expect(server.log).toMatch(/nobody serves a greylist/);
    await host.startDaemon();
    expect(await deliver(server.port, { ip: '127.77.3.4', to: BOB })).toEqual(GREYLISTED);
  });

  test('accepts mail of a daemon that does not answer, after a while', async () => {
    await host.signalDaemon('SIGSTOP');
    expect(await deliver(server.port, { ip: '127.77.3.5', to: BOB })).toEqual(ACCEPTED);
    await host.signalDaemon('SIGCONT');
    expect(await deliver(server.port, { ip: '127.77.3.6', to: BOB })).toEqual(GREYLISTED);
  });

  test('greylists in a session that outlives the beginning of a shutdown, and then stops promptly', async () => {
    const socket = createConnection({ port: server.port, host: '127.0.0.1', localAddress: '127.77.3.7' });
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
    process.kill(server.pid, 'SIGINT');
    await expect.poll(() => server.log).toMatch(/Killing worker/);
    expect([await say(`RCPT TO:<${BOB}>`)]).toEqual(GREYLISTED);
    expect(await say('QUIT')).toMatch(/^221/);
    socket.destroy();
    await server.ended();
    expect(server.log).not.toMatch(/failed to shutdown|Disconnect never/i);
  });
});
