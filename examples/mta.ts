/**
 * A complete small MTA front with greylist, spamtraps and sync: nodemailer's smtp-server receives the mail. What is
 * accepted is counted and thrown away.
 */
import { parseArgs } from 'node:util';
import { SyncKey, type SyncPeerOptions } from 'spamd-sync';
import { type Mta, openMta } from './mta-front.ts';
import { endOnClosedPipe } from './pipe.ts';
import { reasonOf } from './reason.ts';

const USAGE = `usage: npm run mta -- [--listen [address:]port] [--passtime seconds] [--spamtrap address]... [--domain domain]...
                  [--tarpit [address:]port]
                  [-y listen] [-Y target]... [-K keyfile | --no-key] [-p port]

An MTA that greylists, alone or in a sync group. It counts the mail that it accepts and throws it away.

  --listen    where to receive mail, by default 127.0.0.1:2525
  --tarpit    where to hold up whoever connects, one byte a second as spamd does, and never take mail
  --passtime  how long a client that is new has to wait before its retry passes, by default 1500 s
  --spamtrap  a recipient that nobody has good reason to write to: whoever does is trapped; repeatable
  --domain    a domain that mail is accepted for: whoever writes to another is trapped; repeatable. By default any

The group, with spamd's own options; without -y and -Y there is none:
  -y  where to listen: an interface (joins the multicast group there) or a local IPv4 address
  -Y  where to send: a host name, an IPv4 address, an interface (em0) or an interface with TTL (em0:2); repeatable
  -K  the group's key file, by default /etc/mail/spamd.key
  -p  UDP port, by default 8025
  --no-key  run without a key, as spamd does without a key file: authenticates nothing`;

const OPTIONS = {
  listen: { type: 'string' },
  tarpit: { type: 'string' },
  passtime: { type: 'string' },
  spamtrap: { type: 'string', multiple: true },
  domain: { type: 'string', multiple: true },
  'sync-listen': { type: 'string', short: 'y' },
  'sync-target': { type: 'string', short: 'Y', multiple: true },
  key: { type: 'string', short: 'K' },
  port: { type: 'string', short: 'p' },
  'no-key': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Arguments = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  // npm keeps options to itself that are not behind a --, and hands on what followed them.
  if (positionals.length > 0)
    throw new Error(`unexpected argument '${positionals[0]}'; with npm, options go behind --`);
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const { passtime, domain, tarpit, spamtrap = [] } = values;
  const mta = await openMta({
    ...smtpAddress('--listen', values.listen ?? '127.0.0.1:2525'),
    tarpit: tarpit === undefined ? undefined : smtpAddress('--tarpit', tarpit),
    sync: await syncOptions(values),
    spamtraps: spamtrap.map((address) => checked('--spamtrap', address, /^[^@\s]+@[^@\s]+$/, 'a mail address')),
    policy: {
      ...(passtime === undefined ? {} : { passtime: whole('--passtime', passtime) }),
      ...(domain === undefined
        ? {}
        : { allowedDomains: domain.map((name) => `@${checked('--domain', name, /^[^@\s]+$/, 'a domain')}`) }),
    },
    log: (line) => console.log(`${new Date().toISOString()} ${line}`),
  });
  introduce(mta);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop(mta));
}

function introduce({ address, peer, tarpit }: Mta): void {
  console.log(`receiving mail on ${address.address} port ${address.port}; what is accepted is counted and thrown away`);
  if (tarpit !== undefined && 'port' in tarpit.address) {
    console.log(`holding up clients on ${tarpit.address.host} port ${tarpit.address.port}`);
  }
  if (peer === undefined) {
    console.log('in no group: -y is where to listen for one, -Y where to send');
    return;
  }
  console.log(`in a group, on ${peer.address.address}:${peer.address.port}`);
  for (const { target, address: to } of peer.health().targets) {
    console.log(`announcing to ${target} (${to ?? 'does not resolve, will be looked up again'})`);
  }
}

async function stop(mta: Mta): Promise<void> {
  await mta.close();
  console.log(`closed; mails accepted and thrown away: ${mta.accepted()}`);
}

async function syncOptions(values: Arguments): Promise<SyncPeerOptions | undefined> {
  const { 'sync-listen': listen, 'sync-target': targets, key, port } = values;
  if (listen === undefined && targets === undefined) {
    const idle = key !== undefined ? '-K' : port !== undefined ? '-p' : values['no-key'] ? '--no-key' : undefined;
    if (idle !== undefined) throw new Error(`${idle} is for a group: give -y or -Y too`);
    return undefined;
  }
  if (key !== undefined && values['no-key']) throw new Error('-K and --no-key exclude each other');
  return {
    key: values['no-key'] ? SyncKey.none() : await SyncKey.fromFile(key ?? '/etc/mail/spamd.key'),
    listen: listen ?? false,
    targets: targets ?? [],
    ...(port === undefined ? {} : { port: whole('-p', port) }),
  };
}

/** `2525`, `127.0.0.1:2525`, `[::1]:2525` */
function smtpAddress(name: string, text: string): { host: string; port: number } {
  const [, ipv6, host, digits] = /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits ?? -1);
  if (port < 0 || port > 65_535) throw new Error(`${name}: not [address:]port: ${JSON.stringify(text)}`);
  return { host: ipv6 ?? host ?? '127.0.0.1', port };
}

function whole(name: string, text: string): number {
  return Number(checked(name, text, /^\d{1,10}$/, 'a whole number'));
}

function checked(name: string, text: string, form: RegExp, what: string): string {
  if (form.test(text)) return text;
  throw new Error(`${name}: not ${what}: ${JSON.stringify(text)}`);
}

endOnClosedPipe('mta');
main().catch((error: unknown) => {
  console.error(`mta: ${reasonOf(error)}; see --help`);
  process.exitCode = 1;
});
