import type { ExchangePeerShown, ExchangeShown, Overview, RefusalShown } from '../shapes.ts';
import { byId, cell, element, mark, nothing } from './dom.ts';
import { bytes, count, duration } from './format.ts';

type Mark = readonly [kind: 'good' | 'bad' | 'warn' | 'quiet', shape: string, word: string];

/** The states of peers that are not connected. A connected peer shows the outcome of its last round. */
const STATES: Readonly<Record<string, Mark>> = {
  connecting: ['warn', '○', 'connecting'],
  gone: ['warn', '○', 'not connected'],
  'other-key': ['bad', '✕', 'another key'],
  'other-protocol': ['bad', '✕', 'another protocol'],
};
const OUTCOMES: Readonly<Record<string, Mark>> = {
  none: ['quiet', '◐', 'connected'],
  asking: ['quiet', '◐', 'under way'],
  done: ['good', '●', 'well'],
  failed: ['bad', '▲', 'failed'],
};

/** The peers with which state is exchanged. */
export function showExchange({ exchange, time }: Overview): void {
  byId('exchange', HTMLElement).hidden = exchange === undefined;
  if (exchange === undefined) return;
  byId('refusals', HTMLElement).textContent = exchange.refusals.map((one) => refusalWords(one, time)).join(' ');
  const rows = exchange.peers.map((peer) => row(peer, time));
  const list = byId('exchange-peers', HTMLElement);
  list.replaceChildren(...(rows.length > 0 ? rows : [nothing('Nobody has connected yet.')]));
}

/** The progress of a join; `undefined` if none is under way. */
export function joinWords({ joined, peers }: ExchangeShown): string | undefined {
  if (joined || !peers.some(({ outcome }) => outcome === 'asking')) return undefined;
  const taken = peers.reduce((sum, peer) => sum + peer.taken, 0);
  return `Joining: what the others hold is on its way, ${count(taken)} records so far`;
}

/** Whether the operator should look at a peer. */
export function isTroubled(peer: ExchangePeerShown): boolean {
  return markOf(peer)[0] === 'bad';
}

function markOf({ state, outcome }: ExchangePeerShown): Mark {
  if (state === 'connected') return OUTCOMES[outcome] ?? ['quiet', '◐', outcome];
  return STATES[state] ?? ['bad', '▲', 'cannot be reached'];
}

function row(peer: ExchangePeerShown, now: number): HTMLTableRowElement {
  const { name, address, trouble, lastRound, behindRecords, taken, given, bytesIn, bytesOut } = peer;
  const about = [
    ...(address !== undefined && address !== name ? [address] : []),
    ...(trouble === undefined ? [] : [trouble]),
  ];
  return element(
    'tr',
    '',
    cell('Peer', 'address', name, ...about.map((text) => element('small', '', text))),
    cell('State', '', mark(...markOf(peer))),
    cell('Last exchange', '', lastRound === 0 ? 'never' : `${duration(now - lastRound)} ago`),
    cell('Behind', 'number', lastRound === 0 ? '–' : count(behindRecords)),
    cell('Taken', 'number', count(taken)),
    cell('Given', 'number', count(given)),
    cell('Bytes in', 'number', bytes(bytesIn)),
    cell('Bytes out', 'number', bytes(bytesOut)),
  );
}

function refusalWords({ address, why, fingerprint, count: times, last }: RefusalShown, now: number): string {
  const named = fingerprint === undefined ? '' : ` (${fingerprint}, it says)`;
  const what = why === 'other-key' ? `another key${named}` : 'not the protocol';
  const often = times === 1 ? '1 time' : `${count(times)} times`;
  return `Refused ${address}: ${what}, ${often}, the last ${duration(now - last)} ago.`;
}
