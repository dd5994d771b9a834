import { systemClock } from '../../clock.ts';
import type { ExchangePeer, ExchangePeerState, ExchangeRefusal, ExchangeStats } from '../../exchange/index.ts';
import { type HostState, isSkewed } from '../../status/index.ts';
import type { Output } from '../terminal/output.ts';
import { table } from '../terminal/table-text.ts';
import { agoWords, bytesWords, counted } from '../terminal/words.ts';
import { STATES } from './state-marks.ts';

/** The state of the exchange: a row for each peer, and below the table what is wrong. */
export function* exchangeLines(stats: ExchangeStats, out: Output): Generator<string, void> {
  const now = systemClock.now();
  yield '';
  yield joinWords(stats);
  const head = ['', 'peer', 'last', 'round', 'behind', 'taken', 'given', 'in', 'out', 'key', 'joined'];
  const cells = stats.peers.map((peer) => [
    markOf(peer.state, out),
    nameOf(peer),
    peer.lastRound === 0 ? '-' : agoWords(now - peer.lastRound),
    peer.outcome === 'none' ? '-' : peer.outcome,
    peer.lastRound === 0 ? '-' : `${peer.behindRecords}`,
    `${peer.recordsReceived}`,
    `${peer.recordsSent}`,
    bytesWords(peer.bytesIn),
    bytesWords(peer.bytesOut),
    `${peer.keyIndex ?? '-'}`,
    peer.joined ? 'yes' : 'no',
  ]);
  if (cells.length > 0) yield* table([head, ...cells]);
  for (const peer of stats.peers) {
    for (const trouble of troublesOf(peer)) yield out.marked('bad', `${nameOf(peer)}: ${trouble}`);
  }
  for (const refusal of stats.refusals) yield out.marked('bad', refusalWords(refusal, now));
}

function joinWords({ peers, rounds }: ExchangeStats): string {
  if (rounds > 0) return 'exchange of state: joined';
  const records = peers.reduce((sum, { recordsReceived }) => sum + recordsReceived, 0);
  return peers.some(({ outcome }) => outcome === 'asking')
    ? `exchange of state: joining, ${records} records so far`
    : 'exchange of state: nobody was asked yet for what it has';
}

function nameOf({ name, address }: ExchangePeer): string {
  return name ?? address ?? '?';
}

function markOf(state: ExchangePeerState, out: Output): string {
  const { mark, sign } = STATES[HOST_STATES[state] ?? 'silent'];
  return out.marked(mark, sign);
}

const HOST_STATES: Readonly<Partial<Record<ExchangePeerState, HostState>>> = {
  connected: 'heard',
  'other-key': 'wrong-key',
  'other-protocol': 'other-version',
};

function* troublesOf({ state, trouble, skew = 0 }: ExchangePeer): Generator<string, void> {
  if (trouble !== undefined) yield trouble;
  else if (state === 'gone') yield 'not connected any more';
  if (isSkewed(skew)) yield `its clock is ${Math.abs(skew)} s ${skew > 0 ? 'ahead' : 'behind'}`;
}

function refusalWords({ address, why, fingerprint, count, last }: ExchangeRefusal, now: number): string {
  const named = fingerprint === undefined ? '' : ` (${fingerprint}, it says)`;
  const what = why === 'other-key' ? `another key${named}` : 'not the protocol';
  return `refused ${address}: ${what}, ${counted(count, 'time')}, the last ${agoWords(now - last)} ago`;
}
