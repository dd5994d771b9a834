import { spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { IntegrationPage, passtime, prepare, records, startDaemon } from './integration.ts';
import { Machine, type MachineProgram } from './machine.ts';
import { startPostfix } from './postfix-server.ts';
import { deliver } from './swaks.ts';

const page = new IntegrationPage('postfix');
const SOCKET = '/var/spool/postfix/private/spamd-sync';
const DEFERRED = /^450 4\.7\.1 <\S+>: Recipient address rejected: Greylisted, please try again in \d+ seconds$/;
const TRAPPED = /^550 5\.7\.1 <\S+>: Recipient address rejected: Refused: your address is trapped until /;
/** Who may say by XCLIENT that it is another. */
const PROXY = '198.51.100.29';
const NAMED = { ip: PROXY, more: ['--quit-after', 'RCPT'] };

let machine: Machine;
let daemon: MachineProgram;

async function start(): Promise<MachineProgram> {
  return startDaemon(machine, page.block('sh', '--policy'), /policy server on unix:/);
}

beforeAll(async () => {
  machine = await Machine.start('mail.example.net', ['postfix', 'swaks', 'socat', 'iproute2']);
  prepare(machine);
  startPostfix(machine, page.block('cf', 'check_policy_service'), `smtpd_authorized_xclient_hosts=${PROXY}`);
  daemon = await start();
  machine.sh(page.block('sh', 'reload'));
  machine.run('spamd-sync', 'spamtrap', 'add', 'trap@example.net');
}, 180_000);
afterAll(() => machine?.[Symbol.asyncDispose]());

describe('a Postfix that asks the policy server', () => {
  test('defers a client until passtime is over, then takes its mail with a header field, and is open to it', async () => {
    expect((await deliver(machine)).rcpt).toEqual([expect.stringMatching(DEFERRED)]);
    expect((await deliver(machine)).rcpt).toEqual([expect.stringMatching(DEFERRED)]);
    await passtime();
    const passed = await deliver(machine, { to: 'bob@example.net,carol@example.net' });
    expect(passed.rcpt).toEqual(['250 2.1.5 Ok', '250 2.1.5 Ok']);
    expect(passed.data).toMatch(/^250 /);
    expect((await deliver(machine, { from: 'other@example.org', to: 'carol@example.net' })).data).toMatch(/^250 /);
    await expect.poll(() => machine.sh('grep -c ^Subject: /var/mail/carol || true')).toBe('2\n');
    const fields = machine.sh('grep ^X-Greylist: /var/mail/carol');
    expect(fields).toMatch(/^X-Greylist: delayed \d+ seconds by spamd-sync; \w{3}, \d\d \w{3} \d{4} [\d:]+ \+0000\n$/);
  });

  test('traps who writes to a spamtrap that is no user, and refuses other unknown users for good', async () => {
    const ip = '198.51.100.11';
    expect((await deliver(machine, { ip, to: 'stranger@example.net' })).rcpt).toEqual([
      expect.stringMatching(/^550 5\.1\.1 .*User unknown/),
    ]);
    expect((await deliver(machine, { ip, to: 'bob@example.net,Trap@Example.net,bob@example.net' })).rcpt).toEqual([
      expect.stringMatching(DEFERRED),
      expect.stringMatching(TRAPPED),
      expect.stringMatching(TRAPPED),
    ]);
    expect((await deliver(machine, { ip })).rcpt).toEqual([expect.stringMatching(TRAPPED)]);
  });

  test('passes who has no address and who has logged in, and greylists IPv6', async () => {
    const as = (attributes: string) => deliver(machine, { ...NAMED, more: [...NAMED.more, '--xclient', attributes] });
    expect((await as('ADDR=[UNAVAILABLE]')).rcpt).toEqual(['250 2.1.5 Ok']);
    expect((await as('ADDR=203.0.113.7 LOGIN=alice')).rcpt).toEqual(['250 2.1.5 Ok']);
    expect((await as('ADDR=203.0.113.7')).rcpt).toEqual([expect.stringMatching(DEFERRED)]);
    expect((await as('ADDR=IPV6:2001:db8::7')).rcpt).toEqual([expect.stringMatching(DEFERRED)]);
    expect(records(machine)).toContainEqual(expect.objectContaining({ type: 'GREY', ip: '2001:db8::/64' }));
  });

  test('asks of envelopes of every kind', async () => {
    const ip = '198.51.100.12';
    const helo = 'm\xfcller';
    for (const [from, to] of [
      ['<>', 'bob@example.net'],
      ['"a b"@example.org', '"bob"@example.net'],
      ['@relay.example:alice@example.org', '@relay.example:Bob@Example.net'],
    ]) {
      const { rcpt, transcript } = await deliver(machine, { ip, helo, from: from ?? '', to: to ?? '' });
      expect(rcpt, transcript).toEqual([expect.stringMatching(DEFERRED)]);
    }
    const tuples = records(machine).filter((record) => record.ip === ip);
    expect(tuples.map((tuple) => [tuple.helo, tuple.from, tuple.to]).sort()).toEqual([
      [helo, '<>', '<bob@example.net>'],
      [helo, '<a b@example.org>', '<bob@example.net>'],
      [helo, '<alice@example.org>', '<Bob@Example.net>'],
    ]);
  });

  test('a request that comes byte by byte is answered, as is one behind it', async () => {
    const socket = createConnection(machine.path(SOCKET));
    let received = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
    });
    const lines = [
      'request=smtpd_access_policy',
      'protocol_state=RCPT',
      'client_address=198.51.100.10',
      'recipient=x@y',
    ];
    const request = `${lines.join('\n')}\n\n`;
    for (const byte of request) {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.write(request.repeat(2));
    await expect.poll(() => received).toBe('action=DUNNO\n\n'.repeat(3));
    socket.destroy();
  });
});

/** A client that says one line at a time. */
class Session {
  readonly #child;
  #received = '';

  constructor(ip: string) {
    const dialogue = `exec socat - TCP:198.51.100.1:25,bind=${ip}`;
    const [program = '', ...args] = [...machine.inside, 'sh', '-c', dialogue];
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout.setEncoding('latin1').on('data', (text: string) => {
      this.#received += text;
    });
  }

  /** The last line of the reply. */
  async say(line: string): Promise<string> {
    this.#received = '';
    this.#child.stdin.write(`${line}\r\n`);
    await expect.poll(() => this.#received, { timeout: 25_000 }).toMatch(/^\d{3} .*\r\n/m);
    return this.#received.trim().split('\r\n').at(-1) ?? '';
  }

  end(): void {
    this.#child.stdin.end();
  }
}

describe('a Postfix whose policy server is in trouble', () => {
  test('greylists within a session again when the daemon was restarted', async () => {
    const session = new Session('198.51.100.13');
    await session.say('HELO client.example.org');
    await session.say('MAIL FROM:<alice@example.org>');
    expect(await session.say('RCPT TO:<bob@example.net>')).toMatch(DEFERRED);
    await daemon.end('TERM');
    expect(daemon.output).toMatch(/stopped\n$/);
    daemon = await start();
    expect(await session.say('RCPT TO:<carol@example.net>')).toMatch(DEFERRED);
    session.end();
  });

  test('takes mail while the daemon hangs, in bounded time', async () => {
    daemon.signal('STOP');
    const { rcpt } = await deliver(machine, { ip: '198.51.100.14', more: ['--quit-after', 'RCPT'] });
    daemon.signal('CONT');
    expect(rcpt).toEqual(['250 2.1.5 Ok']);
  });

  test('takes mail while there is no daemon, and finds tuples and traps again behind it', async () => {
    const [ip, trapper] = ['198.51.100.15', '198.51.100.16'];
    expect((await deliver(machine, { ip })).rcpt).toEqual([expect.stringMatching(DEFERRED)]);
    expect((await deliver(machine, { ip: trapper, to: 'trap@example.net' })).rcpt[0]).toMatch(TRAPPED);
    await passtime();
    await daemon.end('KILL');
    expect((await deliver(machine, { ip: '198.51.100.17' })).data).toMatch(/^250 /);
    daemon = await start();
    expect((await deliver(machine, { ip, more: ['--quit-after', 'RCPT'] })).rcpt).toEqual(['250 2.1.5 Ok']);
    expect((await deliver(machine, { ip: trapper })).rcpt[0]).toMatch(TRAPPED);
  });
});

describe('a Postfix that asks the milter', () => {
  const deferred = /^451 4\.7\.1 Greylisted, please try again in \d+ seconds$/;
  const trapped = /^550 5\.7\.1 Refused: your address is trapped until \S+Z$/;
  const startMilter = () => startDaemon(machine, page.block('sh', '--milter'), /milter on unix:/);

  beforeAll(async () => {
    await daemon.end('TERM');
    machine.sh(`
      postconf -X smtpd_recipient_restrictions
      cat >> /etc/postfix/main.cf <<'END'\n${page.block('cf', 'smtpd_milters')}END
      postfix reload`);
    daemon = await startMilter();
  });

  test('defers a client until passtime is over, then takes its mail with a header field', async () => {
    const ip = '198.51.100.20';
    expect((await deliver(machine, { ip })).rcpt).toEqual([expect.stringMatching(deferred)]);
    await passtime();
    machine.sh(': > /var/mail/carol');
    const { rcpt } = await deliver(machine, { ip, to: 'bob@example.net,carol@example.net' });
    expect(rcpt).toEqual(['250 2.1.5 Ok', '250 2.1.5 Ok']);
    const fields = () => machine.sh('grep ^X-Greylist: /var/mail/carol || true');
    await expect.poll(fields).toMatch(/^X-Greylist: delayed \d+ seconds by spamd-sync; .*\n$/);
  });

  test('traps who writes to a spamtrap that is no user', async () => {
    const ip = '198.51.100.21';
    const to = 'trap@example.net,bob@example.net,stranger@example.net';
    expect((await deliver(machine, { ip, to: 'stranger@example.net' })).rcpt[0]).toMatch(/User unknown/);
    expect(records(machine).filter((record) => record.ip === ip)).toEqual([]);
    expect((await deliver(machine, { ip, to })).rcpt).toEqual([
      expect.stringMatching(/^550 5\.1\.1 .*User unknown/),
      expect.stringMatching(trapped),
      expect.stringMatching(/^550 5\.1\.1 .*User unknown/),
    ]);
  });

  test('asks of envelopes as the client typed them, and passes who has no address or has logged in', async () => {
    const ip = '198.51.100.22';
    const helo = 'm\xfcller';
    for (const [from, to] of [
      ['<>', 'bob@example.net'],
      ['"a b"@example.org', '@relay.example:Bob@Example.net'],
    ]) {
      const { rcpt, transcript } = await deliver(machine, { ip, helo, from: from ?? '', to: to ?? '' });
      expect(rcpt, transcript).toEqual([expect.stringMatching(deferred)]);
    }
    const tuples = records(machine).filter((record) => record.ip === ip);
    expect(tuples.map((tuple) => [tuple.helo, tuple.from, tuple.to]).sort()).toEqual([
      [helo, '<"a b"@example.org>', '<@relay.example:Bob@Example.net>'],
      [helo, '<>', '<bob@example.net>'],
    ]);
    for (const attributes of ['ADDR=[UNAVAILABLE]', 'ADDR=198.51.100.26 LOGIN=alice']) {
      const named = { ...NAMED, more: [...NAMED.more, '--xclient', attributes] };
      expect((await deliver(machine, named)).rcpt).toEqual(['250 2.1.5 Ok']);
    }
  });

  test('takes the mail of a session within which the daemon was restarted, and greylists the next', async () => {
    const ip = '198.51.100.25';
    const session = new Session(ip);
    await session.say('HELO client.example.org');
    await session.say('MAIL FROM:<alice@example.org>');
    expect(await session.say('RCPT TO:<bob@example.net>')).toMatch(deferred);
    await daemon.end('TERM');
    expect(daemon.output).toMatch(/stopped\n$/);
    daemon = await startMilter();
    expect(await session.say('RCPT TO:<carol@example.net>')).toMatch(/^250 /);
    session.end();
    expect((await deliver(machine, { ip, to: 'carol@example.net' })).rcpt).toEqual([expect.stringMatching(deferred)]);
  });

  test('finds tuples and traps again when the daemon was killed', async () => {
    const [ip, trapper] = ['198.51.100.27', '198.51.100.28'];
    expect((await deliver(machine, { ip })).rcpt).toEqual([expect.stringMatching(deferred)]);
    expect((await deliver(machine, { ip: trapper, to: 'trap@example.net' })).rcpt[0]).toMatch(/^550 5\.1\.1 /);
    await passtime();
    await daemon.end('KILL');
    daemon = await startMilter();
    expect((await deliver(machine, { ip, more: ['--quit-after', 'RCPT'] })).rcpt).toEqual(['250 2.1.5 Ok']);
    expect((await deliver(machine, { ip: trapper })).rcpt[0]).toMatch(trapped);
  });

  test('takes mail while the daemon hangs, in bounded time, and while there is none', async () => {
    daemon.signal('STOP');
    const { rcpt } = await deliver(machine, { ip: '198.51.100.23', more: ['--quit-after', 'RCPT'] });
    daemon.signal('CONT');
    expect(rcpt).toEqual(['250 2.1.5 Ok']);
    await daemon.end('KILL');
    expect((await deliver(machine, { ip: '198.51.100.24' })).data).toMatch(/^250 /);
  });
});
