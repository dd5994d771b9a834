import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { triedIn } from '../../src/cli/candidates/log-lines.ts';
import { objects, type Ran, spamdSync } from './cli.ts';

let folder = '';
let users = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spamd-sync-recipients-'));
  users = join(folder, 'users');
  await writeFile(users, 'Bob@example.net # since 1999\n\npostmaster@example.net\n');
});
afterAll(() => rm(folder, { recursive: true }));

function grey(ip: string, from: string, to: string, first = 1_800_000_000): string {
  return `GREY|${ip}|mx|${from}|${to}|${first}|${first + 14_400}|${first + 14_400}|1|0\n`;
}

describe('candidates', () => {
  const ours = () => ['candidates', '--domain', 'example.net', '--users', users];

  function of(dump: string, ...args: string[]): Promise<Ran> {
    return spamdSync([...ours(), '--from', '-', ...args], Buffer.from(dump));
  }

  const SENDER = '<a@example.org>';
  const DUMP = [
    grey('198.51.100.1', SENDER, '<info2@example.net>'),
    grey('198.51.100.2', SENDER, '<Info2@Example.net>'),
    grey('198.51.100.3', SENDER, '<info2@example.net>'),
    grey('198.51.100.1', SENDER, '<sales@example.net>'),
    grey('198.51.100.1', SENDER, '<sales@example.net>', 1_800_000_001),
    grey('192.0.2.9', SENDER, '<sales@example.net>'),
    grey('198.51.100.1', SENDER, '<trap@example.net>'),
    grey('198.51.100.2', SENDER, '<trap@example.net>'),
    grey('198.51.100.1', SENDER, '<bob+list@example.net>'),
    grey('198.51.100.2', SENDER, '<bob+list@example.net>'),
    grey('198.51.100.1', SENDER, '<nobody@example.com>'),
    grey('198.51.100.2', SENDER, '<nobody@example.com>'),
    grey('198.51.100.1', '<>', '<bounce@example.net>'),
    grey('198.51.100.2', '<>', '<bounce@example.net>'),
    'WHITE|192.0.2.9|||1800000000|1800000000|4000000000|1|7\n',
    'SPAMTRAP|trap@example.net\n',
  ].join('');

  it('are recipients of our domains that do not exist, by the hosts that are not white', async () => {
    expect(await of(DUMP)).toEqual({ out: '     3 info2@example.net\n', err: '', exit: 0 });
    expect(objects(await of(DUMP, '--hosts', '1', '--json'))).toEqual([
      { address: 'info2@example.net', hosts: 3 },
      { address: 'sales@example.net', hosts: 1 },
    ]);
  });

  it('are none of the users whose names are not ASCII', async () => {
    const known = join(folder, 'jürgen');
    await writeFile(known, 'jürgen@example.net\n');
    const log = ['8', '9'].map((host) => `spamd: (GREY) 198.51.100.${host}: <a@b> -> <jürgen@example.net>\n`).join('');
    const ran = await spamdSync(
      ['candidates', '--domain', 'example.net', '--users', known, '--log', '-'],
      Buffer.from(log),
    );
    expect(ran).toEqual({ out: '', err: '', exit: 0 });
  });

  it('need a domain', async () => {
    const ran = await spamdSync(['candidates', '--domain', '', '--users', users]);
    expect(ran).toEqual({ out: '', err: 'spamd-sync: --domain: names no domain; see --help\n', exit: 2 });
  });

  it('come out of logs too, and are counted together with those of a dump', async () => {
    const log = join(folder, 'maillog');
    const lines = [
      'Nov 22 17:47:45 gw spamd[123]: (GREY) 198.51.100.8: <a@example.org> -> <sales@example.net>',
      'Nov 22 17:47:46 gw spamd[123]: (GREY) 198.51.100.8: <> -> <bounce@example.net>',
      'Nov 22 17:47:47 mx sshd[1]: nothing of mail',
      'Nov 22 17:47:48 mx dovecot: auth: passwd-file(info2,198.51.100.9,<x>): unknown user',
      '',
    ];
    await writeFile(log, lines.join('\n'));
    expect((await of(DUMP, '--log', log)).out).toBe('     4 info2@example.net\n     2 sales@example.net\n');
    const alone = await spamdSync([...ours(), '--log', log, '--hosts', '1', '--control', '/nowhere']);
    expect(alone).toEqual({ out: '     1 info2@example.net\n     1 sales@example.net\n', err: '', exit: 0 });
  });

  it('a log that says nothing of mail is reported', async () => {
    const ran = await spamdSync([...ours(), '--log', users]);
    expect(ran).toEqual({ out: '', err: `spamd-sync: ${users}: no line says that an address was tried\n`, exit: 0 });
  });

  it.each([
    [['candidates', '--users', 'x'], "spamd-sync: required option '--domain <domain>' not specified\n", 2],
    [['candidates', '--domain', 'x'], "spamd-sync: required option '--users <file>' not specified\n", 2],
    [['candidates', '--domain', 'x', '--users', '/dev/null'], 'spamd-sync: /dev/null: names no user\n', 3],
    [
      ['candidates', '--domain', 'x', '--users', 'x', '--log', '-', '--from', '-'],
      'spamd-sync: stdin is named for a dump and a log; see --help\n',
      2,
    ],
    [
      ['candidates', '--domain', 'x', '--users', 'x', '--hosts', '0'],
      /argument '0' is invalid\. not a number above 0\n$/,
      2,
    ],
  ])('a mistake is one line: %j', async (args, err, exit) => {
    const ran = await spamdSync(args);
    expect(ran.err).toMatch(err);
    expect({ out: ran.out, exit: ran.exit }).toEqual({ out: '', exit });
  });
});

describe('a line of a log', () => {
  it.each([
    ['spamd[1]: (BLACK) 198.51.100.7: <a@example.org> -> <x@example.net>', '198.51.100.7', '<x@example.net>'],
    ['spamd[1]: (GREY) 2001:db8::7: <a@example.org> -> <x@example.net>', '2001:db8::7', '<x@example.net>'],
    [
      'postfix/smtpd[9]: NOQUEUE: reject: RCPT from unknown[198.51.100.7]: 550 5.1.1 <x@example.net>: Recipient address rejected: User unknown in local recipient table; from=<a@example.org> to=<x@example.net> proto=ESMTP helo=<mx>',
      '198.51.100.7',
      '<x@example.net>',
    ],
    ['dovecot: auth: pam(x@example.net,198.51.100.7,<abc>): unknown user', '198.51.100.7', 'x@example.net'],
    [
      'dovecot: pop3-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<x@example.net>, method=PLAIN, rip=198.51.100.7, lip=192.0.2.1',
      '198.51.100.7',
      '<x@example.net>',
    ],
    ['pop3d: LOGIN FAILED, user=x@example.net, ip=[::ffff:198.51.100.7]', '198.51.100.7', 'x@example.net'],
  ])('says who tried whom: %s', (line, ip, address) => {
    expect(triedIn(`Nov 22 17:47:45 mx ${line}`)).toEqual({ ip, address });
  });

  it.each([
    'postfix/smtpd[9]: NOQUEUE: reject: RCPT from mx[198.51.100.7]: 550 5.1.1 <x@example.net>: Recipient address rejected: User unknown; from=<> to=<x@example.net>',
    'spamd[1]: (GREY) 999.0.0.1: <a@example.org> -> <x@example.net>',
    'spamd[1]: 198.51.100.7: connected (1/0)',
    'dovecot: pop3-login: Login: user=<bob@example.net>, method=PLAIN, rip=198.51.100.7',
  ])('says nothing of the kind: %s', (line) => {
    expect(triedIn(line)).toBeUndefined();
  });
});

describe('probes', () => {
  const DUMP = [
    grey('198.51.100.25', '<>', '<mail.example.com-1795267200-testing@example.net>', 1_795_267_201),
    grey('198.51.100.25', '<>', '<alice@example.net>', 1_795_267_200),
    grey('198.51.100.25', '<>', '<bob@example.net>', 1_795_267_200),
    grey('198.51.100.25', '<>', '<later@example.net>', 1_795_270_000),
    grey('198.51.100.25', '<a@example.com>', '<carol@example.net>', 1_795_267_201),
    grey('203.0.113.25', '', 'mx.example.org-1795269000-testing@example.net', 1_795_269_001),
    grey('192.0.2.25', '<>', '<bounce@example.net>', 1_795_269_002),
  ].join('');

  it('are hosts of the null sender with a recipient that cannot exist, and what they asked about besides', async () => {
    expect(await spamdSync(['probes', '--from', '-'], Buffer.from(DUMP))).toEqual({
      out:
        '2026-11-21T13:20:00Z 198.51.100.25 mail.example.com asked about alice@example.net, bob@example.net\n' +
        '2026-11-21T13:50:00Z 203.0.113.25 mx.example.org asked about -\n',
      err: '',
      exit: 0,
    });
  });

  it('say which of the senders were forged where the users are known', async () => {
    const args = ['probes', '--from', '-', '--users', users];
    expect((await spamdSync(args, Buffer.from(DUMP))).out).toContain(
      ' asked about alice@example.net (forged), bob@example.net (a user)\n',
    );
    const [first] = objects(await spamdSync([...args, '--json'], Buffer.from(`nonsense\n${DUMP}`)));
    expect(first).toEqual({
      ip: '198.51.100.25',
      host: 'mail.example.com',
      time: 1_795_267_200,
      senders: [
        { address: 'alice@example.net', forged: true },
        { address: 'bob@example.net', forged: false },
      ],
    });
  });

  it('a line that cannot be read is reported, and makes the exit status 1', async () => {
    const ran = await spamdSync(['probes', '--from', '-'], Buffer.from(`nonsense\n${DUMP}`));
    expect(ran.err).toMatch(/^spamd-sync: left out: line 1: .*\n$/);
    expect(ran.exit).toBe(1);
  });
});
