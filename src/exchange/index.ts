/** The public surface of "spamd-sync/exchange": state between peers of this library. */

export type { RoundReport } from './asking.ts';
export type { Channel, ChannelAddress, ChannelListener, ChannelTransport, ListenerCounts, Place } from './channel.ts';
export type { ExchangeEvents, ExchangeRound, ExchangeWarning, ExchangeWarningCode } from './events.ts';
export { Exchange, type Merger } from './exchange.ts';
export type { SharedRecord } from './messages.ts';
export type { ExchangeOptions } from './options.ts';
export type { SessionCounts } from './session.ts';
export type { ExchangePeer, ExchangeStats } from './stats.ts';
