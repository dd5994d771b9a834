/** The mail servers of the lab, set up as docs/integrations says, each with the greylist that it asks. */
import { join } from 'node:path';
import { HarakaServer } from '../e2e/haraka-server.ts';
import { IntegrationPage, startDaemon } from '../e2e/integration.ts';
import { INTERFACE, type LabHost } from '../e2e/lab.ts';
import { Machine } from '../e2e/machine.ts';
import { startPostfix } from '../e2e/postfix-server.ts';
import { until } from '../e2e/until.ts';
import { Feed, HTTP } from './feed.ts';
import { type Hosts, KEY, PASSTIME } from './hosts.ts';

/** A spamtrap that is no user, known at one of them alone. */
export const TRAP = 'trap@example.net';
const OPTIONS = `--passtime ${PASSTIME}s ${HTTP}`;

/** A mail server that takes mail for bob and carol at example.net. */
export interface MailServer {
  /** What it is. */
  readonly what: string;
  readonly host: LabHost;
  /** What the page of its daemon shows; an MTA with a greylist in its own process has none. */
  readonly feed: Feed | undefined;
}

/** A mail server whose daemon can be killed. */
export interface KillableServer extends MailServer {
  /** @returns By what the daemon ended. */
  kill(): Promise<string>;
  /** Starts another in its place. */
  restart(): Promise<void>;
}

/** A Postfix that asks the policy server of its daemon, or its milter. */
export async function postfix(hosts: Hosts, host: LabHost, how: 'policy' | 'milter'): Promise<KillableServer> {
  const page = new IntegrationPage('postfix');
  const machine = await machineAt(hosts, host, ['postfix']);
  startPostfix(machine, page.block('cf', how === 'policy' ? 'check_policy_service' : 'smtpd_milters'));
  const line = page.block('sh', `--${how}`);
  const start = () => startDaemon(machine, line, /control socket/, OPTIONS);
  let daemon = await start();
  const feed = hosts.keep(new Feed(host));
  return {
    what: `Postfix, ${how}`,
    host,
    feed,
    kill: async () => {
      await daemon.end('KILL');
      return `${await daemon.ended}`;
    },
    restart: async () => {
      daemon = await start();
      await feed.again();
    },
  };
}

/** An OpenSMTPD with the filter, which knows the spamtrap. */
export async function openSmtpd(hosts: Hosts, host: LabHost): Promise<MailServer> {
  const page = new IntegrationPage('opensmtpd');
  const machine = await machineAt(hosts, host, ['opensmtpd']);
  const [readable = '', daemon = ''] = page.block('sh', 'chgrp').split('\n');
  machine.sh(`useradd -m bob; useradd -m carol\n${page.block('sh', 'useradd')}${readable}`);
  await startDaemon(machine, daemon.replace(/' &$/, ` ${OPTIONS}'`), /control socket/, '');
  machine.run('spamd-sync', 'spamtrap', 'add', TRAP);
  const rules = ['action "local" maildir', 'match from any for domain "example.net" action "local"'];
  machine.write('/etc/smtpd.conf', `${page.block('text', 'proc-exec')}${rules.join('\n')}\n`);
  // It takes its spool with this mode alone, which one of this host's need not have.
  machine.sh('install -d -m 711 /var/spool/smtpd');
  const smtpd = machine.start('smtpd', '-d');
  // Port 25, state LISTEN.
  await until(
    () => /:0019 00000000:0000 0A/.test(machine.run('cat', '/proc/net/tcp')),
    () => `smtpd does not listen: ${smtpd.output}`,
  );
  return { what: 'OpenSMTPD, filter', host, feed: hosts.keep(new Feed(host)) };
}

/** A Haraka with the plugin. */
export async function haraka(hosts: Hosts, host: LabHost): Promise<MailServer> {
  const control = await daemonAt(hosts, host);
  const { directory } = hosts;
  const start = (command: readonly string[], env: NodeJS.ProcessEnv) => hosts.start(host, command, env);
  const place = { address: host.address, port: 25 };
  hosts.keep(await HarakaServer.start({ directory, control, start }, { nodes: 1 }, place));
  return { what: 'Haraka, plugin', host, feed: hosts.keep(new Feed(host)) };
}

/** An MTA made with smtp-server, which has the greylist and the peer in its own process. */
export async function smtpServer(hosts: Hosts, host: LabHost): Promise<MailServer> {
  const options = ['--listen', `${host.address}:25`, '--passtime', `${PASSTIME}`, ...group(hosts)];
  await hosts.start(host, [process.execPath, '--import', 'tsx', 'examples/mta.ts', ...options]).printed(/in a group/);
  return { what: 'smtp-server', host, feed: undefined };
}

/** A daemon with a tarpit, which takes no mail. */
export async function tarpit(hosts: Hosts, host: LabHost): Promise<MailServer> {
  const control = await daemonAt(hosts, host);
  const options = ['--listen', `inet:${host.address}:25`, '--control', control, '-s', '0.005', '-n', host.name];
  await hosts.start(host, [...hosts.command, 'tarpit', ...options]).printed(/holding up clients/);
  return { what: 'tarpit', host, feed: hosts.keep(new Feed(host)) };
}

/** A machine with packages of Debian and the key, as a host of the lab. */
async function machineAt(hosts: Hosts, host: LabHost, packages: readonly string[]): Promise<Machine> {
  const machine = hosts.keep(await Machine.start(host.name, packages, host.namespace));
  machine.sh('mkdir -p /run/spamd-sync /etc/mail');
  machine.write('/etc/mail/spamd.key', KEY);
  return machine;
}

/** @returns The control socket of a daemon that was started. */
async function daemonAt(hosts: Hosts, host: LabHost): Promise<string> {
  const control = join(hosts.directory, `${host.name}.control`);
  const options = ['--store', 'memory', '--control', control, ...OPTIONS.split(' '), ...group(hosts)];
  await hosts.start(host, [...hosts.command, 'serve', ...options]).printed(/control socket/);
  return control;
}

function group({ key }: Hosts): readonly string[] {
  return ['-y', INTERFACE, '-Y', INTERFACE, '-K', key];
}
