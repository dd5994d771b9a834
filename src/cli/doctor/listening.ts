import { sleep, systemClock } from '../../clock.ts';
import type { Drop, Entry, Source, SourceHealth, SyncPeer, TargetHealth } from '../../index.ts';
import { type HostState, stateOf } from '../../status/index.ts';
import { SPAMD_GROUP } from '../options/group.ts';
import { counted, countsWords } from '../terminal/words.ts';
import { localAddress } from './checks.ts';
import { isEcho, listenToGroup } from './echo.ts';
import { type Finding, finding } from './finding.ts';

/** The default groups of spamd and greyd. It is a common mistake to use one in place of the other. */
const GROUPS = [SPAMD_GROUP, '224.0.1.241'];
/** How many addresses are noted. The number is limited because forged addresses must not fill the memory. */
const MAX_ADDRESSES = 1024;

/** Notes about the sources while the peer listens. */
class Notes {
  readonly ports = new Map<string, Set<number>>();
  readonly lastDrop = new Map<string, Drop>();
  readonly elsewhere = new Map<string, string>();

  constructor(peer: SyncPeer) {
    peer.on('entry', (entry: Entry, { address, port }: Source) => {
      if (isEcho(entry)) return;
      const known = this.ports.get(address) ?? new Set();
      if (this.ports.size < MAX_ADDRESSES || known.size > 0) this.ports.set(address, known.add(port));
    });
    peer.on('drop', (drop) => {
      const { address } = drop.source;
      if (this.lastDrop.size < MAX_ADDRESSES || this.lastDrop.has(address)) this.lastDrop.set(address, drop);
    });
  }

  heardElsewhere(address: string, group: string): void {
    if (this.elsewhere.size < MAX_ADDRESSES) this.elsewhere.set(address, group);
  }
}

/**
 * Listens for some seconds, and reports the state of each target and each source.
 *
 * @param group The group of the peer.
 */
export async function listenFor(
  peer: SyncPeer,
  group: string,
  seconds: number,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const notes = new Notes(peer);
  const local = localAddress(peer);
  const done = new AbortController();
  if (peer.health().interfaces[0]?.address !== undefined) {
    for (const other of GROUPS) {
      if (other === group) continue;
      const onSource = (address: string): void => notes.heardElsewhere(address, other);
      await listenToGroup(other, peer.address.port, local, onSource, done.signal);
    }
  }
  const begin = systemClock.monotonic();
  await sleep(systemClock, seconds, signal);
  // Ctrl-C may have ended the listening before its time.
  const listened = Math.min(seconds, Math.round(systemClock.monotonic() - begin));
  done.abort();
  const { sources, targets } = peer.health();
  const others = sources.filter(({ address, accepted, drops }) => {
    return address !== local || accepted > 1 || (drops.self ?? 0) > 0;
  });
  const silent = targets.filter(
    ({ multicast, address }) => !multicast && address !== undefined && !sources.some((one) => one.address === address),
  );
  return [
    ...others.flatMap((source) => sourceFindings(source, nameOf(source.address, targets), notes, local, group)),
    ...silent.map((target) => silentFinding(nameOf(target.address ?? '', targets), listened)),
    ...(others.length + silent.length === 0 ? [silentFinding('the group', listened)] : []),
  ];
}

function nameOf(address: string, targets: readonly TargetHealth[]): string {
  const target = targets.find((one) => one.address === address)?.target;
  return target === undefined || target === address ? address : `${target} (${address})`;
}

function silentFinding(who: string, seconds: number): Finding {
  const message = `${who} is silent: nothing came in ${seconds} s. A host announces only what it sees itself`;
  const remedy = `look there: does it run with -Y to here, and does its firewall, or one between, let UDP out? Listen longer with --for`;
  return finding('silent', 'warning', who, message, remedy);
}

function sourceFindings(source: SourceHealth, name: string, notes: Notes, local: string, group: string): Finding[] {
  const { address } = source;
  const found: Finding[] = [];
  const elsewhere = notes.elsewhere.get(address);
  if (elsewhere !== undefined) {
    const message = `${name} announces to the group ${elsewhere}; this one is ${group}`;
    found.push(finding('other-group', 'bad', address, message, `say --group ${elsewhere}, or ${group} there`));
  } else if (address === local) {
    const message = `another program sends from ${address}, the address of this host: a spamd among them drops what is sent from here as its own echo`;
    found.push(
      finding('own-address', 'warning', address, message, 'see docs/operations.md, "Beside a spamd on the same host"'),
    );
  } else found.push(stateFinding(source, name, notes.lastDrop.get(address)));
  if ((notes.ports.get(address)?.size ?? 0) > 1) {
    const message = `${name} sends from several ports: several programs, each with its counter. A greyd-v2 keeps one for an address, and mutes the lower`;
    found.push(
      finding(
        'counters',
        'warning',
        address,
        message,
        'with a greyd-v2 in the group let one program of that host send',
      ),
    );
  }
  return found;
}

type Wrong = Exclude<HostState, 'heard' | 'quiet' | 'silent'>;

const REMEDIES: Readonly<Record<Wrong, string>> = {
  skewed: 'set the clocks, there or here, by NTP',
  'wrong-key':
    'compare the keys: spamd-sync fingerprint FILE on both hosts. Every byte counts, a newline at the end too',
  'other-version': 'look what sends there: spamd-sync decode shows a datagram byte by byte',
  'not-allowed': 'name it with --allow',
};

function stateFinding(source: SourceHealth, name: string, last: Drop | undefined): Finding {
  const state = stateOf(source);
  const { address, accepted, entries, drops, skew } = source;
  if (state === 'heard' || state === 'quiet' || state === 'silent') {
    const failed = (drops.auth ?? 0) > 0 ? `; dropped: ${countsWords({ ...drops })}` : '';
    return finding('heard', 'ok', address, `${name} is heard: ${countsWords({ ...entries })}${failed}`);
  }
  const words: Readonly<Record<Wrong, string>> = {
    skewed:
      accepted > 0
        ? `the clock of ${name} is ${Math.abs(skew ?? 0)} s ${(skew ?? 0) > 0 ? 'ahead' : 'behind'}`
        : `all of ${name} is stale: ${last?.detail ?? 'its clock is off'}`,
    'wrong-key': `${name} has another key: ${counted(drops.auth ?? 0, 'datagram')} failed verification`,
    'other-version': `${name} sends what is not of this protocol: ${last?.detail ?? countsWords({ ...drops })}`,
    'not-allowed': `${name} has the key, but --allow does not name it`,
  };
  return finding(state, 'bad', address, words[state], REMEDIES[state]);
}
