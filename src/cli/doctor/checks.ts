import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { systemCode } from '../../errors.ts';
import { type Keyring, SpamdSyncError, SyncPeer } from '../../index.ts';
import {
  type GroupOptions,
  keyFiles,
  keyOf,
  peerOptions,
  SPAMD_GROUP,
  SPAMD_PORT,
  targetsOf,
} from '../options/group.ts';
import { type Echo, echo } from './echo.ts';
import { type Finding, finding } from './finding.ts';
import { holderWords, portHolders } from './port-holders.ts';

/** The receive buffer that a peer asks for, bytes. Linux counts it double. */
const WANTED_BUFFER = 4 * 1024 * 1024;
/** An interface with a TTL, as `em0:2`. */
const WITH_TTL = /^[^:]+:\d+$/;
const SEE = 'docs/operations.md, "Beside a spamd on the same host"';

/**
 * Checks what can be seen on this host alone, without sending anything to other hosts.
 *
 * @param report Called with each finding.
 * @returns The key, and the peer that was opened with it, if they are available. The caller closes the peer.
 */
export async function checkHost(
  options: GroupOptions,
  report: (found: Finding) => void,
): Promise<{ readonly key?: Keyring; readonly peer?: SyncPeer }> {
  for (const one of optionFindings(options)) report(one);
  const key = await checkKey(options, report);
  if (key === undefined) return {};
  const peer = await openChecked(options, report);
  if (peer === undefined) return { key };
  for (const one of targetFindings(peer)) report(one);
  if (options.listen !== undefined) {
    report(await bufferFinding(peer));
    await checkNeighbours(options, peer, report);
    report(await echoFinding(options, peer, key));
  }
  return { key, peer };
}

/** Options that the original programs refuse, or understand in another way, though this one takes them. */
function* optionFindings(options: GroupOptions): Generator<Finding, void> {
  const { listen } = options;
  const targets = targetsOf(options).map(({ host }) => host);
  const name = listen === undefined || isIPv4(listen) ? undefined : listen;
  if (name !== undefined && WITH_TTL.test(name)) {
    const message = `-y ${name}: a TTL goes with -Y`;
    yield finding('options', 'bad', name, message, `say -y ${name.split(':')[0]}`);
  }
  const withTtl = targets.filter((host) => WITH_TTL.test(host));
  for (const host of withTtl) {
    if (name === undefined || host.split(':')[0] !== name) continue;
    const message = `spamd refuses -y ${name} with -Y ${host}: it compares the two as text`;
    yield finding('options', 'warning', host, message, `on a spamd say -y ${name} -Y ${name}; here it is in order`);
  }
  if (listen !== undefined && targets.length === 0) {
    yield finding('options', 'warning', undefined, 'no -Y: nothing is announced', 'name the targets with -Y');
  }
}

async function checkKey(options: GroupOptions, report: (found: Finding) => void): Promise<Keyring | undefined> {
  const about = keyFiles(options).join(', ') || undefined;
  try {
    const ring = await keyOf(options);
    for (const { warnings, fingerprint, authenticates } of ring.keys) {
      const remedy = authenticates ? 'chmod 600 it, or make one with spamd-sync keygen' : 'give it a key file with -K';
      for (const warning of warnings) report(finding('key', 'bad', about, warning, remedy));
      if (warnings.length === 0) report(finding('key', 'ok', about, `key ${fingerprint}`));
    }
    return ring;
  } catch (error) {
    if (!(error instanceof SpamdSyncError)) throw error;
    const remedy =
      systemCode(error.cause) === 'EACCES'
        ? 'run this as root, or as the user of the daemon'
        : 'copy it from another host of the group, mode 0600';
    report(finding('key', 'bad', about, error.message, remedy));
    return undefined;
  }
}

async function openChecked(options: GroupOptions, report: (found: Finding) => void): Promise<SyncPeer | undefined> {
  const { listen, port = SPAMD_PORT, group = SPAMD_GROUP } = options;
  try {
    const peer = await SyncPeer.open(await peerOptions(options));
    const [state] = peer.health().interfaces;
    const where = state === undefined ? peer.address.address : `${state.name} (${state.address})`;
    if (listen === undefined) report(finding('interface', 'ok', where, `sends from ${where}`));
    else if (isIPv4(listen)) report(finding('interface', 'ok', listen, `listens on ${listen}:${peer.address.port}`));
    else report(finding('interface', 'ok', listen, `joined ${group} on ${where}, port ${peer.address.port}`));
    return peer;
  } catch (error) {
    if (!(error instanceof SpamdSyncError)) throw error;
    const { code, message } = error;
    if (code === 'ERR_SPAMD_INTERFACE') {
      report(
        finding('interface', 'bad', listen ?? targetsOf(options)[0]?.host, message, 'name one that is up with -y'),
      );
    } else if (code === 'ERR_SPAMD_LISTEN') {
      report(await listenFinding(error, listen, port));
    } else {
      report(finding('options', 'bad', undefined, message, 'see spamd-sync doctor --help'));
    }
    return undefined;
  }
}

async function listenFinding({ message, cause }: Error, listen: string | undefined, port: number): Promise<Finding> {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    const who = holderWords(await portHolders('udp', port));
    const remedy = `stop ${who}, or ask a running daemon: spamd-sync peers`;
    return finding('port', 'bad', `${port}`, `${message}: ${who} has it`, remedy);
  }
  if (code === 'EACCES') return finding('port', 'bad', `${port}`, message, 'run it as root');
  return finding('interface', 'bad', listen, message, 'name an address of this host, or an interface, with -y');
}

function* targetFindings(peer: SyncPeer): Generator<Finding, void> {
  for (const { target, address, multicast } of peer.health().targets) {
    if (address === undefined) {
      const message = `target ${target} does not resolve, and is no interface`;
      yield finding('target', 'bad', target, message, 'mend the name, or give its address');
    } else if (!multicast && address !== target) {
      yield finding('target', 'ok', target, `target ${target} is ${address}`);
    }
  }
}

async function bufferFinding(peer: SyncPeer): Promise<Finding> {
  const { receiveBuffer } = peer.stats();
  const max = (await readFile('/proc/sys/net/core/rmem_max', 'utf8').catch(() => '')).trim();
  if (receiveBuffer >= WANTED_BUFFER)
    return finding('buffer', 'ok', undefined, `receive buffer ${receiveBuffer} bytes`);
  const cause = max === '' ? '' : `; net.core.rmem_max is ${max}`;
  const message = `receive buffer ${receiveBuffer} bytes of ${WANTED_BUFFER}: a burst of a seed may overflow it${cause}`;
  const remedy =
    max === ''
      ? 'raise kern.ipc.maxsockbuf, or what it is called here'
      : `sysctl -w net.core.rmem_max=${WANTED_BUFFER}`;
  return finding('buffer', 'warning', undefined, message, remedy);
}

/** Looks for other programs on this host that are in the group. */
async function checkNeighbours(options: GroupOptions, peer: SyncPeer, report: (found: Finding) => void): Promise<void> {
  const holders = (await portHolders('udp', peer.address.port)) ?? [];
  const spamds = holders.filter(({ name }) => name === 'spamd' || name === 'spamlogd');
  const local = localAddress(peer);
  if (spamds.length > 0) {
    const who = holderWords(spamds);
    const message = `${who} on this host takes all that comes from its own address ${local} for its own echo: it drops what is sent from here`;
    const remedy = `give one of the two another local address, by unicast: see ${SEE}`;
    report(finding('own-address', 'bad', local, message, remedy));
  } else if (holders.length > 0) {
    report(finding('port', 'ok', `${peer.address.port}`, `shared with ${holderWords(holders)}`));
  }
  if (holders.length > 0 && targetsOf(options).some(({ dialect }) => dialect === 'greyd')) {
    const message = `${holderWords(holders)} sends from ${local} too: a greyd-v2 keeps one counter for an address, and mutes the lower`;
    report(finding('counters', 'bad', local, message, 'let one process of this host send to it'));
  }
}

/**
 * The address that the peer has on its interface, or is bound to. The loopback address if it is bound to all addresses.
 */
export function localAddress(peer: SyncPeer): string {
  const address = peer.health().interfaces[0]?.address ?? peer.address.address;
  return address === '0.0.0.0' ? '127.0.0.1' : address;
}

async function echoFinding(options: GroupOptions, peer: SyncPeer, key: Keyring): Promise<Finding> {
  const { listen = '', group = SPAMD_GROUP } = options;
  const local = localAddress(peer);
  const target = isIPv4(listen) ? undefined : group;
  const heard: Echo = await echo(peer, key, local, target);
  const port = `UDP port ${peer.address.port}`;
  const remedy = `let it pass, in and out: pf: pass on ${listen} proto udp to port ${peer.address.port}; nft: udp dport ${peer.address.port} accept`;
  if (heard.came) return finding('echo', 'ok', listen, `${port} on ${local}: what is sent on this host arrives`);
  const how = heard.refused === undefined ? 'is dropped' : `is refused (${heard.refused})`;
  const message = `${port} on ${local}: what is sent on this host ${how}: a firewall here blocks it`;
  return finding('echo', 'bad', listen, message, remedy);
}
