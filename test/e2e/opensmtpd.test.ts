import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deliveredTo } from '../../src/cli/follow-log/delivery-log.ts';
import { deliver, MailHost, Sink } from './mail-host.ts';
import { OpenSmtpd } from './opensmtpd-server.ts';

const BOB = 'bob@example.net';
const CAROL = 'carol@example.net';
const TRAP = 'trap@example.net';

let host: MailHost;
let sink: Sink;
let server: OpenSmtpd;
beforeAll(async () => {
  host = await MailHost.open();
  sink = await Sink.open('127.0.0.1');
  await host.startDaemon();
  await host.ask((greylist) => greylist.spamtraps.add(TRAP));
  server = await OpenSmtpd.start(host, sink.port, [BOB, CAROL]);
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await sink[Symbol.asyncDispose]();
});

const GREYLISTED = [expect.stringMatching(/^451 4\.7\.1 Greylisted, please try again in \d+ seconds$/)];
const TRAPPED = [expect.stringMatching(/^550 5\.7\.1 Refused: your address is trapped until /)];
const ACCEPTED = [expect.stringMatching(/^250 /), expect.stringMatching(/^250 .* Message accepted for delivery$/)];

describe('OpenSMTPD with the filter', () => {
  test('defers the first attempt, accepts the retry after passtime, and then any mail of that client', async () => {
    const ip = '127.77.1.1';
    expect(await deliver(server.port, { ip, to: BOB })).toEqual(GREYLISTED);
    await expect.poll(() => deliver(server.port, { ip, to: BOB }), { interval: 300 }).toEqual(ACCEPTED);
    expect(await deliver(server.port, { ip, to: CAROL, from: 'other@example.com' })).toEqual(ACCEPTED);
    expect(await host.records(ip)).toContain('WHITE');
  });

  test('traps who writes to a spamtrap that is no user, and leaves unknown users to smtpd', async () => {
    const ip = '127.77.1.2';
    expect(await deliver(server.port, { ip, to: TRAP })).toEqual(TRAPPED);
    expect(await host.records(ip)).toEqual(['TRAPPED']);
    expect(await deliver(server.port, { ip, to: BOB })).toEqual(TRAPPED);
    await host.ask((greylist) => greylist.allow('127.77.1.3'));
    const unknown = await deliver(server.port, { ip: '127.77.1.3', to: 'nobody@example.net' });
    expect(unknown).toEqual([expect.stringMatching(/^550 Invalid recipient/)]);
  });

  test('answers each recipient of a message, and takes what the client says as it is', async () => {
    const ip = '127.77.1.4';
    const odd = { ip, to: [BOB, CAROL], from: 'a|b@example.org', helo: 'MX1.example.org' };
    expect(await deliver(server.port, odd)).toEqual([...GREYLISTED, ...GREYLISTED]);
    expect(await deliver(server.port, { ip, to: BOB, from: '<>' })).toEqual(GREYLISTED);
    const tuples = await host.ask(async (greylist) => {
      const found: unknown[] = [];
      for await (const record of greylist.export()) {
        if (record.type === 'GREY' && record.ip === ip) found.push([record.helo, record.from, record.to]);
      }
      return found;
    });
    const [helo, from] = ['MX1.example.org', '<a|b@example.org>'];
    expect(tuples).toHaveLength(3);
    expect(tuples).toEqual(
      expect.arrayContaining([
        [helo, from, `<${BOB}>`],
        [helo, from, `<${CAROL}>`],
        ['mx.example.org', '<>', `<${BOB}>`],
      ]),
    );
  });

  test('greylists a client that comes by IPv6', async () => {
    const more = ['--server', '::1', '--port', `${server.port}`];
    expect(await deliver(server.port, { ip: '::1', to: BOB, more })).toEqual(GREYLISTED);
  });

  test('the filter ignores signals', async () => {
    const { filter } = server;
    // A signal to process 0 would go to all of the tests.
    if (filter === undefined) throw new Error('there is no filter');
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.kill(filter, signal);
    expect(await deliver(server.port, { ip: '127.77.1.5', to: BOB })).toEqual(GREYLISTED);
  });

  test('accepts all mail while the daemon is dead, and greylists again when it is back', async () => {
    await host.signalDaemon('SIGKILL');
    expect(await deliver(server.port, { ip: '127.77.1.6', to: BOB })).toEqual(ACCEPTED);
    expect(server.log).toMatch(/mail passes without greylisting: nobody serves a greylist/);
    await host.startDaemon();
    expect(await deliver(server.port, { ip: '127.77.1.7', to: BOB })).toEqual(GREYLISTED);
    expect(server.log).toMatch(/greylisting again; 1 recipient passed without/);
    expect(await host.records('127.77.1.1')).toContain('WHITE');
    expect(server.program.running).toBe(true);
  });

  test('accepts mail of a daemon that does not answer, after a while', async () => {
    await host.signalDaemon('SIGSTOP');
    expect(await deliver(server.port, { ip: '127.77.1.8', to: BOB })).toEqual(ACCEPTED);
    await host.signalDaemon('SIGCONT');
    expect(await deliver(server.port, { ip: '127.77.1.9', to: BOB })).toEqual(GREYLISTED);
  });

  test('writes to its log what follow-log knows as a delivery', async () => {
    const known = () => server.log.split('\n').flatMap((line) => deliveredTo(line) ?? []);
    await expect.poll(known).toContain('127.0.0.1');
  });

  test('the filter ends with smtpd', async () => {
    server.program.signal('SIGTERM');
    await server.program.ended;
    await expect.poll(() => server.filter).toBeUndefined();
  });
});
