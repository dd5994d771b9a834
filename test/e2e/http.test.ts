import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { IntegrationPage, passtime, prepare, records, startDaemon } from './integration.ts';
import { Machine, type MachineProgram } from './machine.ts';
import { deliver } from './swaks.ts';

const nginx = new IntegrationPage('nginx');
const ANSWERED = { more: ['--quit-after', 'RCPT'] };

let machine: Machine;
let daemon: MachineProgram;

async function start(): Promise<MachineProgram> {
  return startDaemon(machine, nginx.block('sh', 'serve'), /http:\/\/127\.0\.0\.1:8026\//);
}

beforeAll(async () => {
  const packages = ['postfix', 'nginx', 'libnginx-mod-mail', 'swaks', 'curl', 'iproute2'];
  machine = await Machine.start('mail.example.net', packages);
  prepare(machine);
  machine.sh(`
    postconf -e myhostname=mail.example.net mydestination=example.net smtpd_peername_lookup=no queue_minfree=0
    useradd -m bob; useradd -m carol
    ${nginx.block('sh', 'postconf').trim()}
    postfix start
    cat >> /etc/nginx/nginx.conf <<'END'\n${nginx.block('nginx')}END
    nginx > /dev/null 2>&1`);
  daemon = await start();
  machine.run('spamd-sync', 'spamtrap', 'add', 'trap@example.net');
}, 240_000);
afterAll(() => machine?.[Symbol.asyncDispose]());

describe('an nginx before a Postfix', () => {
  const deferred = /^451 4\.7\.1 Greylisted, please try again in \d+ seconds$/;
  const trapped = /^550 5\.7\.1 Refused: your address is trapped until \S+Z$/;

  test('defers a client until passtime is over, then hands it on, as which Postfix takes its mail', async () => {
    const first = await deliver(machine, ANSWERED);
    expect(first.rcpt, first.transcript).toEqual([expect.stringMatching(deferred)]);
    await passtime();
    const { rcpt, data } = await deliver(machine, { to: 'bob@example.net,carol@example.net' });
    expect(rcpt).toEqual(['250 2.1.5 Ok', '250 2.1.5 Ok']);
    expect(data).toMatch(/^250 /);
    await expect.poll(() => machine.sh('cat /var/mail/carol || true')).toMatch(/^\tby mail\.example\.net \(Postfix\)/m);
    expect(machine.sh('cat /var/mail/carol')).toContain('Received: from client.example.org (unknown [198.51.100.10])');
  });

  test('traps who writes to a spamtrap that is no user', async () => {
    const ip = '198.51.100.11';
    expect((await deliver(machine, { ip, to: 'Trap@example.net', ...ANSWERED })).rcpt).toEqual([
      expect.stringMatching(trapped),
    ]);
    expect((await deliver(machine, { ip, ...ANSWERED })).rcpt).toEqual([expect.stringMatching(trapped)]);
  });

  test('asks of envelopes as the client typed them', async () => {
    const ip = '198.51.100.12';
    const helo = 'm\xfcller';
    for (const [from, to] of [
      ['<>', 'bob@example.net'],
      ['"a b"@example.org', '"Bob"@Example.net'],
    ]) {
      const { rcpt, transcript } = await deliver(machine, { ip, helo, from: from ?? '', to: to ?? '', ...ANSWERED });
      expect(rcpt, transcript).toEqual([expect.stringMatching(deferred)]);
    }
    const tuples = records(machine).filter((record) => record.ip === ip);
    expect(tuples.map((tuple) => [tuple.helo, tuple.from, tuple.to]).sort()).toEqual([
      [helo, '<"a b"@example.org>', '<"Bob"@Example.net>'],
      [helo, '<>', '<bob@example.net>'],
    ]);
  });
});

describe('the daemon', () => {
  test("answers the page's example of a POST", () => {
    const page = new IntegrationPage('../cli');
    expect(JSON.parse(machine.sh(page.block('sh', 'curl')))).toMatchObject({ action: 'defer', reason: 'first-sight' });
  });

  test('shows what nginx and others asked over HTTP, at /metrics and in stats', () => {
    const [, asked] = /^adapters\.http\.requests (\d+)$/m.exec(machine.run('spamd-sync', 'stats')) ?? [];
    expect(Number(asked)).toBeGreaterThan(5);
    expect(machine.sh('curl -s http://127.0.0.1:8026/metrics')).toContain(
      `spamd_sync_adapter_requests_total{adapter="http"} ${asked}\n`,
    );
  });

  test('that hangs or is gone lets nginx take no mail', async () => {
    daemon.signal('STOP');
    const hanging = await deliver(machine, { ip: '198.51.100.15', ...ANSWERED });
    daemon.signal('CONT');
    const internal = expect.stringMatching(/^451 4\.3\.2 Internal server error$/);
    expect(hanging.rcpt, hanging.transcript).toEqual([internal]);
    await daemon.end('TERM');
    expect((await deliver(machine, { ip: '198.51.100.16', ...ANSWERED })).rcpt).toEqual([internal]);
  });
});
