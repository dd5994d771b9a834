import type { SyncKey } from '../auth/key.ts';
import { checkedKey, Keyring, keysOf } from '../auth/keyring.ts';
import { type Clock, type TimedClock, timedClock } from '../clock.ts';
import type { Group } from '../entry.ts';
import type { Store } from '../store/index.ts';
import { badOption, checkedNumber, checkedWhole, checkMembers, checkMethods, isList } from '../validate.ts';
import type { ChannelTransport, Place } from './channel.ts';
import { parsePlace } from './place.ts';
import { TlsTransport } from './tls.ts';

/** Options of an exchange. */
export interface ExchangeOptions {
  /**
   * The group's key. Only peers that have it can connect. A key that authenticates nothing (`SyncKey.none()`) is
   * refused.
   */
  readonly key: SyncKey | Keyring;
  /**
   * Where the records of the greylist are kept. The caller closes it. Give the greylist `exchange.store`, not this one.
   */
  readonly store: Store;
  /** The group that entries about IPv4 are announced to, usually a `SyncPeer`. The caller closes it. Default: none. */
  readonly group?: Group | undefined;
  /** Where to listen, TCP: `0.0.0.0:8027`, `[::]:8027`. Default: it does not listen, and only connects. */
  readonly listen?: string | undefined;
  /**
   * The peers to connect to: `mx2.example.org`, `192.0.2.2:8027`. Of two peers only one has to name the other. Default:
   * none.
   */
  readonly with?: readonly string[] | undefined;
  /**
   * How often each peer is asked for what differs, seconds, 1..86400. A peer that connects to this one asks first.
   * Default 60.
   */
  readonly interval?: number | undefined;
  /**
   * How long `open` waits until one peer has been asked for all it has, seconds, 0..3600. Default 0: it does not wait.
   */
  readonly joinTimeout?: number | undefined;
  /** How peers are connected. Default: TLS over TCP, with the key. A simulation gives its own. */
  readonly transport?: ChannelTransport | undefined;
  /** The clock. Default: the system's. */
  readonly clock?: Clock | undefined;
}

/** The options, checked and complete. */
export interface Settings {
  readonly keyring: Keyring;
  readonly transport: ChannelTransport;
  readonly store: Store;
  readonly group: Group | undefined;
  readonly listen: Place | undefined;
  readonly with: readonly Place[];
  readonly interval: number;
  readonly joinTimeout: number;
  readonly clock: TimedClock;
}

const MAX_PEERS = 64;
const NAMES = {
  key: true,
  store: true,
  group: true,
  listen: true,
  with: true,
  interval: true,
  joinTimeout: true,
  transport: true,
} as const;

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the option. */
export function checkedOptions(options: ExchangeOptions): Settings {
  checkMembers('options', options, { ...NAMES, clock: true });
  const { store, group, listen, with: peers = [], interval = 60, joinTimeout = 0 } = options;
  const key = checkedKey(options.key);
  if (keysOf(key).some(({ authenticates }) => !authenticates)) {
    throw badOption(
      'key',
      'authenticates nothing: whoever connects could read and write the greylist',
      'SyncKey.none()',
    );
  }
  checkMethods('store', store, ['update', 'records', 'load', 'sweepCandidates', 'stats', 'close']);
  if (group !== undefined) checkMethods('group', group, ['announce']);
  if (options.transport !== undefined) checkMethods('transport', options.transport, ['connect', 'listen']);
  if (!isList(peers)) throw badOption('with', 'not a list of peers', peers);
  if (peers.length > MAX_PEERS) throw badOption('with', `more than ${MAX_PEERS} peers`, peers.length);
  const clock = timedClock(options.clock);
  const keyring = key instanceof Keyring ? key : new Keyring([key]);
  return {
    keyring,
    transport: options.transport ?? new TlsTransport(keyring, clock),
    store,
    group,
    listen: listen === undefined ? undefined : placeOf('listen', listen),
    with: peers.map((peer, at) => placeOf(`with[${at}]`, peer)),
    interval: checkedWhole('interval', interval, 1, 86_400),
    joinTimeout: checkedNumber('joinTimeout', joinTimeout, 0, 3600),
    clock,
  };
}

function placeOf(name: string, text: unknown): Place {
  if (typeof text !== 'string') throw badOption(name, 'not a host with or without a port', text);
  const place = parsePlace(text);
  if (place === undefined) throw badOption(name, 'not HOST, HOST:PORT or [IPv6]:PORT', text);
  return place;
}
