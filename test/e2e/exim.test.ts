import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { IntegrationPage, passtime, prepare, startDaemon } from './integration.ts';
import { Machine, type MachineProgram } from './machine.ts';
import { deliver } from './swaks.ts';

const page = new IntegrationPage('exim');
const DEFERRED = /^451 4\.7\.1 Greylisted, please try again in \d+ seconds$/;
const TRAPPED = /^550 5\.7\.1 Refused: your address is trapped until \S+Z$/;
const VERIFY = page.block('text');
const ANSWERED_BEFORE = { more: ['--quit-after', 'RCPT'] };

let machine: Machine;
let daemon: MachineProgram;

beforeAll(async () => {
  machine = await Machine.start('mail.example.net', ['exim4-daemon-light', 'swaks', 'iproute2']);
  prepare(machine);
  machine.sh(`
    sed -i -e "s/^dc_eximconfig_configtype=.*/dc_eximconfig_configtype='internet'/" \
      -e "s/^dc_other_hostnames=.*/dc_other_hostnames='example.net'/" \
      -e "s/^dc_local_interfaces=.*/dc_local_interfaces='198.51.100.1'/" \
      -e "s/^dc_minimaldns=.*/dc_minimaldns='true'/" /etc/exim4/update-exim4.conf.conf
    useradd -m bob; useradd -m carol`);
  const template = '/etc/exim4/exim4.conf.template';
  const before = machine.run('cat', template);
  expect(before.split(VERIFY)).toHaveLength(2);
  machine.write(
    template,
    before.replace(VERIFY, () => page.block('exim')),
  );
  machine.sh('update-exim4.conf && install -d -o Debian-exim /run/exim4 && exim4 -bd -q30m');
  daemon = await startDaemon(machine, page.block('sh', 'serve'), /policy server on inet:127\.0\.0\.1:10023/);
  machine.run('spamd-sync', 'spamtrap', 'add', 'trap@example.net');
}, 180_000);
afterAll(() => machine?.[Symbol.asyncDispose]());

describe('an Exim that asks the policy server', () => {
  test('defers a client until passtime is over, then takes its mail with a header field, and is open to it', async () => {
    expect((await deliver(machine)).rcpt).toEqual([expect.stringMatching(DEFERRED)]);
    expect((await deliver(machine)).rcpt).toEqual([expect.stringMatching(DEFERRED)]);
    await passtime();
    const { rcpt, data } = await deliver(machine, { to: 'bob@example.net,carol@example.net' });
    expect(rcpt).toEqual(['250 Accepted', '250 Accepted']);
    expect(data).toMatch(/^250 /);
    await expect
      .poll(() => machine.sh('grep ^X-Greylist: /var/mail/carol || true'))
      .toMatch(/^X-G.*: delayed \d+ sec.*\n$/);
  });

  test('traps who writes to a spamtrap that is no user, and refuses other unknown users for good', async () => {
    const ip = '198.51.100.11';
    expect((await deliver(machine, { ip, to: 'stranger@example.net' })).rcpt[0]).toMatch(/^550 Unrouteable address/);
    const { rcpt } = await deliver(machine, { ip, to: 'bob@example.net,Trap@Example.net,carol@example.net' });
    expect(rcpt).toEqual([
      expect.stringMatching(DEFERRED),
      expect.stringMatching(TRAPPED),
      expect.stringMatching(TRAPPED),
    ]);
  });

  test('takes mail while the daemon hangs, in bounded time, and while there is none, and logs both', async () => {
    daemon.signal('STOP');
    const hanging = await deliver(machine, { ip: '198.51.100.12', ...ANSWERED_BEFORE });
    daemon.signal('CONT');
    expect(hanging.rcpt).toEqual(['250 Accepted']);
    await daemon.end('TERM');
    const to = 'stranger@example.net,foreigner@example.net,bob@example.net';
    const gone = await deliver(machine, { ip: '198.51.100.13', from: '<>', to, ...ANSWERED_BEFORE });
    const unknown = expect.stringMatching(/^550 Unrouteable address/);
    expect(gone.rcpt, gone.transcript).toEqual([unknown, unknown, '250 Accepted']);
    const warning = 'Warning: spamd-sync does not answer: mail passes';
    const logged = machine.sh(`grep -oE '[^ ]+ ${warning}$' /var/log/exim4/mainlog | sort -u`);
    expect(logged).toBe(`[198.51.100.12] ${warning}\n[198.51.100.13] ${warning}\n`);
  });
});
