import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { IntegrationPage, passtime, prepare, records, startDaemon } from './integration.ts';
import { Machine, type MachineProgram } from './machine.ts';
import { deliver } from './swaks.ts';

const page = new IntegrationPage('sendmail');
const DEFERRED = /^451 4\.7\.1 .*Greylisted, please try again in \d+ seconds$/;
const TRAPPED = /^550 5\.7\.1 .*Refused: your address is trapped until \S+Z$/;

let machine: Machine;
let daemon: MachineProgram;

beforeAll(async () => {
  machine = await Machine.start('mail.example.net', ['sendmail', 'swaks', 'iproute2']);
  prepare(machine);
  const mc = machine.run('cat', '/etc/mail/sendmail.mc');
  const [before = '', after = ''] = mc.split(/^(?=MAILER_DEFINITIONS|MAILER\()/m, 2);
  // No names can be looked up here.
  const more = "FEATURE(`accept_unresolvable_domains')dnl\nFEATURE(`accept_unqualified_senders')dnl\n";
  // Sendmail refuses connections at a load of 12.
  const load = "define(`confREFUSE_LA', `1000')dnl\ndefine(`confQUEUE_LA', `1000')dnl\n";
  machine.write(
    '/etc/mail/sendmail.mc',
    `${before}${more}${load}${page.block('mc')}${mc.slice(before.length)}`.replaceAll(
      'Addr=127.0.0.1',
      'Addr=198.51.100.1',
    ),
  );
  expect(after).not.toBe('');
  machine.sh(`
    echo example.net >> /etc/mail/local-host-names
    useradd -m bob; useradd -m carol
    ${page.block('sh', 'sendmailconfig').split('\n')[0]}
    mkdir -p /run/sendmail/mta && chown smmta:smmsp /run/sendmail/mta
    sendmail -bd -q30m`);
  daemon = await startDaemon(machine, page.block('sh', 'serve'), /milter on inet:127\.0\.0\.1:10024/);
  machine.run('spamd-sync', 'spamtrap', 'add', 'trap@example.net');
}, 240_000);
afterAll(() => machine?.[Symbol.asyncDispose]());

describe('a Sendmail that asks the milter', () => {
  test('defers a client until passtime is over, then takes its mail with a header field', async () => {
    const first = await deliver(machine);
    expect(first.rcpt, first.transcript).toEqual([expect.stringMatching(DEFERRED)]);
    expect((await deliver(machine)).rcpt).toEqual([expect.stringMatching(DEFERRED)]);
    await passtime();
    const { rcpt, data } = await deliver(machine, { to: 'bob@example.net,carol@example.net' });
    expect(rcpt).toEqual([expect.stringMatching(/^250 2\.1\.5 /), expect.stringMatching(/^250 2\.1\.5 /)]);
    expect(data).toMatch(/^250 /);
    const fields = () => machine.sh(`grep -rhoE 'X-Greylist: .*' /var/mail /var/spool/mqueue | sort -u`);
    await expect.poll(fields).toMatch(/^X-Greylist: delayed \d+ seconds by spamd-sync; .*\n$/);
  });

  test('traps who writes to a spamtrap that is no user', async () => {
    const ip = '198.51.100.11';
    const { rcpt } = await deliver(machine, { ip, to: 'stranger@example.net,trap@example.net,bob@example.net' });
    expect(rcpt).toEqual([
      expect.stringMatching(DEFERRED),
      expect.stringMatching(TRAPPED),
      expect.stringMatching(TRAPPED),
    ]);
  });

  test('asks of envelopes as the client typed them', async () => {
    const ip = '198.51.100.12';
    const mail = { ip, from: '<>', to: '"Bob"@Example.net' };
    expect((await deliver(machine, mail)).rcpt).toEqual([expect.stringMatching(DEFERRED)]);
    const tuple = { type: 'GREY', ip, from: '<>', to: '<"Bob"@Example.net>' };
    expect(records(machine)).toContainEqual(expect.objectContaining(tuple));
  });

  test('takes mail while the daemon hangs, in bounded time, and while there is none', async () => {
    daemon.signal('STOP');
    const hanging = await deliver(machine, { ip: '198.51.100.13', more: ['--quit-after', 'RCPT'] });
    daemon.signal('CONT');
    expect(hanging.rcpt).toEqual([expect.stringMatching(/^250 /)]);
    await daemon.end('TERM');
    expect((await deliver(machine, { ip: '198.51.100.14' })).data).toMatch(/^250 /);
  });
});
