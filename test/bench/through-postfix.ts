/**
 * Sessions a second through a Postfix whose policy server is the daemon, against the same Postfix that asks nobody, 16 at once,
 * in turns. Takes root, and installs Postfix on a machine of its own.
 *
 *     npm run build && node --import tsx test/bench/through-postfix.ts [--rounds 5] [--milliseconds 5000]
 */
import { parseArgs } from 'node:util';
import { IntegrationPage, prepare, startDaemon } from '../e2e/integration.ts';
import { Machine } from '../e2e/machine.ts';
import { needNamespaces } from '../e2e/needs.ts';
import { startPostfix } from '../e2e/postfix-server.ts';
import { compare } from './timing.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, milliseconds: { type: 'string', default: '5000' } },
});
const ADDRESSES = Array.from({ length: 16 }, (_, at) => `198.51.100.${at + 10}`);
const ROOT = process.cwd();
/** As it is installed: `spamd-sync` of the machine runs from TypeScript, which takes longer. */
const COMMAND = `node ${ROOT}/dist/cli/main.js`;
/** Where the same Postfix asks nobody. */
const PLAIN_PORT = 2525;

needNamespaces();
const page = new IntegrationPage('postfix');
await using machine = await Machine.start('mail.example.net', ['postfix']);
prepare(machine);
machine.sh(
  `postconf -M ${PLAIN_PORT}/inet="${PLAIN_PORT} inet n - y - - smtpd" && ` +
    `postconf -P ${PLAIN_PORT}/inet/smtpd_recipient_restrictions=reject_unauth_destination,reject_unlisted_recipient`,
);
// It would hold up each session for a second, since no message comes of it.
startPostfix(machine, page.block('cf', 'check_policy_service'), 'in_flow_delay=0');
const line = page.block('sh', '--policy').replace('spamd-sync', COMMAND);
const daemon = await startDaemon(machine, line, /policy server on unix:/, '--store memory');
// So that both take the recipient, which costs Postfix more than to defer it.
machine.sh(`${COMMAND} allow ${ADDRESSES.join(' ')}`);
sessions(25);
sessions(PLAIN_PORT);
const seconds: [number[], number[]] = [[], []];
for (let round = 0; round < Number(values.rounds); round++) {
  seconds[0].push(1 / sessions(25).rate);
  seconds[1].push(1 / sessions(PLAIN_PORT).rate);
}
const { ours, other, ratio } = compare(...seconds);
console.log(
  `with the daemon ${(1 / ours).toFixed(0)} sessions/s, without ${(1 / other).toFixed(0)}: ${ratio.toFixed(2)}`,
);
await daemon.end('TERM');

function sessions(port: number): { readonly rate: number } {
  const run = `cd ${ROOT} && node --import tsx test/bench/smtp-sessions.ts ${port} ${values.milliseconds} ${ADDRESSES.join(' ')}`;
  const printed = machine.sh(run);
  console.log(`port ${port}: ${printed.trim()}`);
  return JSON.parse(printed);
}
