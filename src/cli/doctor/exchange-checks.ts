import { createServer } from 'node:net';
import {
  type ConnectFailure,
  type ExchangeProbe,
  parsePlace,
  placeWords,
  probeExchange,
} from '../../exchange/index.ts';
import type { Keyring } from '../../index.ts';
import { isSkewed } from '../../status/index.ts';
import type { ExchangeCliOptions } from '../options/exchange.ts';
import { type Check, type Finding, finding } from './finding.ts';
import { holderWords, portHolders } from './port-holders.ts';

/**
 * Checks whether the exchange of state is possible: the port on this host, and each peer to connect to. Nothing is
 * exchanged.
 *
 * @param isOffline Whether to leave out the checks that connect to other hosts.
 * @param report Called with each finding.
 */
export async function checkExchange(
  { exchange, exchangeWith = [] }: ExchangeCliOptions,
  key: Keyring,
  isOffline: boolean,
  report: (found: Finding) => void,
): Promise<void> {
  if (exchange !== undefined) report(await portFinding(exchange, key));
  if (isOffline) return;
  const found = await Promise.all(
    exchangeWith.map(async (peer) => [...probeFindings(peer, await probeExchange(peer, key))]),
  );
  for (const one of found.flat()) report(one);
}

/**
 * The state of the port of `--exchange`: it is free, a daemon of the group has it, or another process has it.
 *
 * @throws The system's error if listening there fails for another reason.
 */
export async function exchangePort(
  where: string,
  key: Keyring,
): Promise<'free' | 'ours' | { readonly takenBy: string }> {
  const { host = '', port = 0 } = parsePlace(where) ?? {};
  try {
    await new Promise<void>((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen({ host, port }, () => server.close(() => resolve()));
    });
    return 'free';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    // If it is for all addresses, asks at that of loopback.
    const local = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
    const { outcome } = await probeExchange(placeWords({ host: local, port }), key);
    return outcome === 'answers' ? 'ours' : { takenBy: holderWords(await portHolders('tcp', port)) };
  }
}

async function portFinding(where: string, key: Keyring): Promise<Finding> {
  try {
    const found = await exchangePort(where, key);
    if (found === 'free') return finding('exchange-port', 'ok', where, `TCP ${where} can be listened on`);
    if (found === 'ours')
      return finding('exchange-port', 'ok', where, `a daemon with this key listens on TCP ${where}`);
    const message = `TCP ${where}: the port is in use: ${found.takenBy} has it`;
    return finding('exchange-port', 'bad', where, message, `stop ${found.takenBy}, or give --exchange another port`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const words = `cannot listen on TCP ${where}: ${message}`;
    if (code === 'EACCES')
      return finding('exchange-port', 'bad', where, words, 'run it as root, or take a port from 1024 on');
    return finding('exchange-port', 'bad', where, words, 'give --exchange an address of this host, or 0.0.0.0 for all');
  }
}

/** What to do if a peer cannot be connected to, at a TCP port. */
const REMEDIES: Readonly<Record<ConnectFailure, (port: number) => string>> = {
  name: () => 'mend the name, or give its address',
  'nothing-listens': (port) =>
    `run the daemon there with --exchange 0.0.0.0:${port}; or let that host connect to this one: one connection serves both ways`,
  unreachable: (port) => `look at the route, and at the packet filters here and there: TCP port ${port} has to pass`,
  'no-answer': (port) =>
    `is it up? Let TCP port ${port} pass, out here and in there; or let that host connect to this one: one connection serves both ways`,
  mute: () => 'the daemon there hangs, or another program has that port: look there',
  closed: () => 'look at the log there: it has too many connections, or what is between the two lets none through',
  'other-key': () =>
    'compare the keys: spamd-sync fingerprint FILE on both hosts. Every byte counts, a newline at the end too',
  'other-protocol': () => 'another program has that port: give the port of --exchange there',
};

/** The failures that are a check of their own. */
const CHECKS: Readonly<Partial<Record<ConnectFailure, Check>>> = { name: 'target', 'other-key': 'wrong-key' };

function* probeFindings(peer: string, probe: ExchangeProbe): Generator<Finding, void> {
  const { port = 0 } = parsePlace(peer) ?? {};
  if (probe.outcome !== 'answers') {
    const { outcome, message } = probe;
    const words = `exchange with ${peer}, TCP port ${port}: ${message}`;
    yield finding(CHECKS[outcome] ?? 'exchange', 'bad', peer, words, REMEDIES[outcome](port));
    return;
  }
  const { address, fingerprint, version, ownVersion, skew } = probe;
  const name = peer.startsWith(address) ? peer : `${peer} (${address})`;
  const clock = skew === undefined ? '' : `, its clock ${skew < 0 ? '' : '+'}${skew} s`;
  yield finding('exchange', 'ok', peer, `exchange with ${name}: answers by key ${fingerprint}${clock}`);
  if (version !== ownVersion) {
    const message = `exchange with ${name}: it speaks version ${version}, this host ${ownVersion}: what one does not know is not exchanged`;
    yield finding('other-version', 'warning', peer, message, 'install the same version on both');
  }
  if (skew !== undefined && isSkewed(skew)) {
    const message = `the clock of ${name} is ${Math.abs(skew)} s ${skew > 0 ? 'ahead' : 'behind'}`;
    yield finding('skewed', 'bad', peer, message, 'set the clocks, there or here, by NTP');
  }
}
