/**
 * Recipients with long domains that are not ASCII, at the adapter for smtp-server: `node --import tsx test/attack/long-domain.ts`.
 * Prints the CPU time of an attempt, for a usual domain and for one of 4,000 CJK characters.
 */

import { greylistRcptTo } from '../../src/adapters/smtp-server.ts';
import { Greylist } from '../../src/index.ts';

const ATTEMPTS = 2000;
const DOMAINS = { 'a usual domain': 'example.net', 'a domain of 4,000 CJK characters': '漢'.repeat(4000) };

const greylist = new Greylist();
const handler = greylistRcptTo(greylist);
for (const [name, domain] of Object.entries(DOMAINS)) {
  const before = process.cpuUsage();
  for (let at = 0; at < ATTEMPTS; at++) {
    const envelope = { mailFrom: { address: `a${at}@example.org` } };
    const session = { remoteAddress: '192.0.2.1', localAddress: '192.0.2.9', hostNameAppearsAs: 'mx', envelope };
    await new Promise<void>((resolve) => handler({ address: `b@${domain}` }, session, () => resolve()));
  }
  const { user, system } = process.cpuUsage(before);
  console.log(`${name}: ${((user + system) / ATTEMPTS).toFixed(0)} us an attempt`);
}
await greylist.close();
