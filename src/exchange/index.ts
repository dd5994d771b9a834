/** The public surface of "spamd-sync/exchange": state between peers of this library. */

export type { RoundReport } from './asking.ts';
export type {
  Channel,
  ChannelAddress,
  ChannelListener,
  ChannelTransport,
  ListenerCounts,
  Place,
  RefusedConnection,
} from './channel.ts';
export type { ConnectFailure } from './connect-failure.ts';
export type { ExchangeEvents, ExchangeRound, ExchangeWarning, ExchangeWarningCode } from './events.ts';
export { Exchange, type Merger } from './exchange.ts';
export type { ExchangePeer, ExchangePeerState } from './known-peer.ts';
export type { SharedRecord } from './messages.ts';
export type { ExchangeOptions } from './options.ts';
export { parsePlace, placeWords } from './place.ts';
export { type ExchangeProbe, probeExchange } from './probe.ts';
export type { ExchangeRefusal } from './refusals.ts';
export type { SessionCounts } from './session-counts.ts';
export type { ExchangeStats } from './stats.ts';
