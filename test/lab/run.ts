/**
 * A day of a sync group in miniature, in network namespaces: Postfix with the policy server and with the milter, OpenSMTPD,
 * Haraka, an MTA made with smtp-server, and a tarpit, each on a host of its own, and a listener on the wire. swaks delivers mail. It
 * prints a timeline, and ends with 1 if the day did not go as it should.
 */

import { needHaraka } from '../e2e/haraka-server.ts';
import { INTERFACE } from '../e2e/lab.ts';
import { needNamespaces, needPackage, works } from '../e2e/needs.ts';
import { Day, type Servers } from './day.ts';
import { Hosts, KEY } from './hosts.ts';
import { haraka, openSmtpd, postfix, smtpServer, tarpit } from './servers.ts';
import { Timeline } from './timeline.ts';
import { Wire } from './wire.ts';

async function main(): Promise<void> {
  needNamespaces();
  needPackage('swaks', () => works('swaks', ['--version']));
  needHaraka();
  console.log('starting the mail servers, which takes a minute');
  const hosts = await Hosts.open();
  // However it ends, no namespace is left behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void hosts[Symbol.asyncDispose]().finally(() => process.exit(1)));
  }
  try {
    const listener = await hosts.listener.open({ key: KEY, listen: INTERFACE, targets: [] });
    const servers = await opened(hosts);
    for (const [letter, { what, host }] of Object.entries(servers)) console.log(`${letter}  ${host.address}  ${what}`);
    const timeline = new Timeline((line) => console.log(line));
    await new Day(hosts, servers, new Wire(listener), timeline).run();
    console.log(timeline.failures === 0 ? 'all went as it should' : `${timeline.failures} did not go as they should`);
    process.exitCode = timeline.failures === 0 ? 0 : 1;
  } finally {
    await hosts[Symbol.asyncDispose]();
  }
}

/** The mail servers; where one cannot be started, the others have been when this rejects. */
async function opened(hosts: Hosts): Promise<Servers> {
  const starting = [
    postfix(hosts, hosts.server(0), 'policy'),
    postfix(hosts, hosts.server(1), 'milter'),
    openSmtpd(hosts, hosts.server(2)),
    haraka(hosts, hosts.server(3)),
    smtpServer(hosts, hosts.server(4)),
    tarpit(hosts, hosts.server(5)),
  ] as const;
  await Promise.allSettled(starting);
  const [A, B, C, D, E, F] = await Promise.all(starting);
  return { A, B, C, D, E, F };
}

main().catch((error: unknown) => {
  console.error(`lab: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
});
