import type { ExchangePeer, ExchangeStats } from '../exchange/index.ts';
import type { ExchangePeerShown, ExchangeShown } from './shapes.ts';

/** The state of an exchange, for the page. */
export function exchangeShown({ rounds, peers, refusals }: ExchangeStats): ExchangeShown {
  return { joined: rounds > 0, peers: peers.map(shown), refusals };
}

function shown(peer: ExchangePeer): ExchangePeerShown {
  const { name, address, state, trouble, outcome, lastRound, behindRecords, bytesIn, bytesOut, skew } = peer;
  return {
    name: name ?? address ?? '',
    ...{ address, state, trouble, outcome, lastRound, behindRecords },
    taken: peer.recordsReceived,
    given: peer.recordsSent,
    ...{ bytesIn, bytesOut, skew },
  };
}
