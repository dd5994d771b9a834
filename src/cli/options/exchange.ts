import { InvalidArgumentError, Option } from 'commander';
import { parsePlace } from '../../exchange/index.ts';
import { UsageError } from '../terminal/failure.ts';
import { append, duration } from './arguments.ts';

/** The longest interval that an exchange takes, seconds. */
const MAX_INTERVAL = 86_400;

/** The options of the exchange of state. */
export interface ExchangeCliOptions {
  readonly exchange?: string;
  readonly exchangeWith?: readonly string[];
}

/** Where to listen. */
export function exchangeOption(): Option {
  return new Option(
    '--exchange <address:port>',
    'where to listen, TCP, for peers that exchange state (port: 8027); see docs/exchange.md',
  ).argParser(place);
}

/** The peers to connect to. */
export function exchangeWithOption(): Option {
  const description = 'a peer to exchange state with (port: 8027); repeatable';
  return new Option('--exchange-with <host:port>', description).argParser(
    (text: string, before: readonly string[] | undefined) => append(peer(text), before),
  );
}

/** How often each peer is asked. */
export function exchangeIntervalOption(): Option {
  const description =
    'how often each peer is asked for the records that differ, 1s..1d; set by the end that opened the connection';
  return new Option('--exchange-interval <duration>', description).argParser(interval).default(60, '1m');
}

/** @throws {UsageError} For an exchange without a key. */
export function checkExchangeOptions(options: ExchangeCliOptions & { readonly emptyKey?: boolean }): void {
  if (!options.emptyKey || (options.exchange ?? options.exchangeWith) === undefined) return;
  throw new UsageError('--exchange and --exchange-with need a key: whoever connects could read and write the greylist');
}

function interval(text: string): number {
  const seconds = duration(text);
  if (seconds >= 1 && seconds <= MAX_INTERVAL) return seconds;
  throw new InvalidArgumentError('not 1s..1d');
}

function place(text: string): string {
  if (parsePlace(text) !== undefined) return text;
  throw new InvalidArgumentError('not HOST, HOST:PORT or [IPv6]:PORT');
}

function peer(text: string): string {
  if (parsePlace(text)?.port !== 0) return place(text);
  throw new InvalidArgumentError('port 0 is for listening alone');
}
