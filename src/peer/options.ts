import { isIPv4 } from 'node:net';
import { isUnicastIPv4, parseIPv4 } from '../address.ts';
import type { SyncKey } from '../auth/key.ts';
import { checkedKey, type Keyring } from '../auth/keyring.ts';
import { type Clock, type TimedClock, timedClock } from '../clock.ts';
import type { ListenAt, SendTo, Transport } from '../transport/transport.ts';
import { udp } from '../transport/udp.ts';
import { badOption, checkedWhole, checkMembers, checkMethods, checkSignal, isObject } from '../validate.ts';
import { AllowList } from './allow.ts';

/**
 * The form in which the receiver at a target keeps mail addresses, and whether it knows removals: `spamd` or `greyd`.
 */
export type Dialect = 'spamd' | 'greyd';

/** Where to receive, and with which buffer. */
export interface ListenOptions {
  /** A local IPv4 address to bind, or the name of an interface on which to join the group. Default `0.0.0.0`. */
  readonly at?: string | undefined;
  /** Receive buffer to ask the kernel for, bytes, 4096..2^30. Default 4 MiB; `stats()` says how much was granted. */
  readonly receiveBuffer?: number | undefined;
}

/** Where to send, and to what kind of receiver. */
export interface TargetOptions {
  /** A host name or an IPv4 address; for multicast an interface name, with or without its TTL (`em0:2`). */
  readonly host: string;
  /** UDP port, 1..65535. Default: the peer's own. */
  readonly port?: number | undefined;
  /** The kind of receiver. Default `spamd`. */
  readonly dialect?: Dialect | undefined;
  /** Multicast TTL, 1..255, for an interface. Default 1. */
  readonly ttl?: number | undefined;
}

/** How entries are put into datagrams, and how fast many of them are sent. */
export interface BatchOptions {
  /**
   * How long an entry may wait for others to share its datagram, milliseconds, 0..60000. Default 0: until the end of
   * this turn of the event loop.
   */
  readonly lingerMs?: number | undefined;
  /** How many entries may be waiting or on their way, 1..2^24; more entries are skipped. Default 65536. */
  readonly maxQueued?: number | undefined;
  /**
   * The rate of bulk sends, datagrams a second, 0.01..10000. A call of `announce()` with more than a second's worth is
   * a bulk send. All bulk sends share this rate, and so do seeds without a rate of their own. A second's worth, at
   * least one datagram, goes at once.
   *
   * Default: 3, some 255 addresses a second, and less the more WHITE the group holds, as far as known. The reason: an
   * OpenBSD spamd that is sent more than some 330 entries while it scans its database locks itself up for good, and its
   * scan takes up to 50 microseconds for each WHITE. `stats().bulk` shows the rate and the number of WHITE that it
   * follows. Give a higher rate if every receiver is a greyd, a host of this library, or a spamd whose pipe holds more
   * than 16 KiB.
   */
  readonly bulkRate?: number | undefined;
}

/** Options of `SyncPeer.open()`. An option that is `undefined` is absent. */
export interface SyncPeerOptions {
  /** The group's key. To run without a key, give `SyncKey.none()`. */
  readonly key: SyncKey | Keyring;
  /**
   * Where to receive, as spamd's `-y`: an interface name (joins the group there) or a local IPv4 address.
   * Default `0.0.0.0`, every address but no group. `false`: send only, from a port of the system's choice.
   */
  readonly listen?: string | ListenOptions | false | undefined;
  /**
   * Where to send, as spamd's `-Y`: a host name, an address, an interface (`em0`), or an interface with its TTL
   * (`em0:2`).
   */
  readonly targets?: readonly (string | TargetOptions)[] | undefined;
  /** UDP port to listen on and to send to, 0..65535. Default 8025; 0 listens on a port of the system's choice. */
  readonly port?: number | undefined;
  /** The multicast group. Default 224.0.1.240, spamd's; greyd's own default is 224.0.1.241. */
  readonly group?: string | undefined;
  /**
   * The IPv4 addresses and CIDR prefixes that may send. Default: every host that has the key. A greyd sends unicast
   * from an address that its kernel picks, which may differ from the address that it listens on: allow that one too.
   */
  readonly allow?: readonly string[] | undefined;
  /** How far a datagram's newest timestamp may lie from now, seconds, 1..2^31. Default 600; `false` for any time. */
  readonly maxSkew?: number | false | undefined;
  /** How many digests of received datagrams are remembered against replay, 1..2^24. Default 131072, some 6 MB. */
  readonly maxDigests?: number | undefined;
  /** How entries are put into datagrams, and how fast many of them are sent. */
  readonly batch?: BatchOptions | undefined;
  /**
   * Whether to open even if the interface of the group, or the local address of `listen`, is not there yet, as early in
   * a boot. The peer then gives a `warning`, and joins the group or binds the address within seconds after it appears.
   * If a target is an interface that is not there yet, it must be that of `listen`, or be named with its TTL. Default
   * `false`: `open()` rejects.
   */
  readonly waitForInterface?: boolean | undefined;
  /** What sends and receives datagrams. Default UDP. */
  readonly transport?: Transport | undefined;
  /** The time and timers, see `Clock`. Default the system's. */
  readonly clock?: Clock | undefined;
  /** Closes the peer when aborted. */
  readonly signal?: AbortSignal | undefined;
}

export interface Target extends SendTo {
  readonly name: string;
  readonly dialect: Dialect;
}

const DEFAULTS = {
  port: 8025,
  group: '224.0.1.240',
  listen: '0.0.0.0',
  receiveBuffer: 4 * 1024 * 1024,
  maxSkew: 600,
  maxDigests: 131_072,
  lingerMs: 0,
  maxQueued: 65_536,
  dialect: 'spamd',
} as const;

const MIN_RATE = 0.01;
const MAX_RATE = 10_000;

const OPTIONS: Readonly<Record<keyof SyncPeerOptions, true>> = {
  key: true,
  listen: true,
  targets: true,
  port: true,
  group: true,
  allow: true,
  maxSkew: true,
  maxDigests: true,
  batch: true,
  waitForInterface: true,
  transport: true,
  clock: true,
  signal: true,
};

/** The options, checked and complete. */
export class Settings {
  readonly key: SyncKey | Keyring;
  readonly listen: ListenAt | false;
  readonly targets: readonly Target[];
  /** The port of targets that do not give one. */
  readonly port: number;
  readonly group: string;
  readonly allow: AllowList | undefined;
  readonly maxSkew: number | false;
  readonly maxDigests: number;
  readonly lingerMs: number;
  readonly maxQueued: number;
  /** Datagrams a second; `undefined`: the rate follows the number of WHITE. */
  readonly bulkRate: number | undefined;
  readonly waitForInterface: boolean;
  readonly transport: Transport;
  readonly clock: TimedClock;
  readonly signal: AbortSignal | undefined;

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the option. */
  constructor(options: SyncPeerOptions) {
    checkMembers('options', options, OPTIONS);
    const { port = DEFAULTS.port, maxSkew = DEFAULTS.maxSkew, maxDigests = DEFAULTS.maxDigests } = options;
    const { transport = udp, allow, batch = {}, waitForInterface = false } = options;
    checkMembers('batch', batch, { lingerMs: true, maxQueued: true, bulkRate: true });
    const { lingerMs = DEFAULTS.lingerMs, maxQueued = DEFAULTS.maxQueued, bulkRate } = batch;
    checkMethods('transport', transport, ['open']);
    checkSignal(options.signal);
    checkRate('batch.bulkRate', bulkRate);
    const listenPort = checkedWhole('port', port, 0, 65_535);
    this.port = listenPort === 0 ? DEFAULTS.port : listenPort;
    this.key = checkedKey(options.key);
    this.listen = checkedListen(listenPort, options.listen);
    this.targets = checkedTargets(this.port, options.targets);
    this.group = checkedGroup(options.group);
    this.allow = allow === undefined ? undefined : new AllowList(allow);
    this.maxSkew = maxSkew === false ? false : checkedWhole('maxSkew', maxSkew, 1, 2 ** 31);
    this.maxDigests = checkedWhole('maxDigests', maxDigests, 1, 2 ** 24);
    this.lingerMs = checkedWhole('batch.lingerMs', lingerMs, 0, 60_000);
    this.maxQueued = checkedWhole('batch.maxQueued', maxQueued, 1, 2 ** 24);
    this.bulkRate = bulkRate;
    if (typeof waitForInterface !== 'boolean')
      throw badOption('waitForInterface', 'not true or false', waitForInterface);
    this.waitForInterface = waitForInterface;
    this.transport = transport;
    this.clock = timedClock(options.clock);
    this.signal = options.signal;
  }
}

function checkedListen(port: number, listen: SyncPeerOptions['listen'] = DEFAULTS.listen): ListenAt | false {
  if (listen === false) return false;
  if (typeof listen !== 'string' && !isObject(listen)) {
    throw badOption('listen', 'give a local IPv4 address, an interface name, { at, receiveBuffer } or false', listen);
  }
  const given: ListenOptions = typeof listen === 'string' ? { at: listen } : listen;
  checkMembers('listen', given, { at: true, receiveBuffer: true });
  const { at = DEFAULTS.listen, receiveBuffer = DEFAULTS.receiveBuffer } = given;
  const address = typeof at === 'string' ? parseIPv4(at) : -1;
  if (typeof at !== 'string' || at === '' || (address > 0 && !isUnicastIPv4(address))) {
    throw badOption('listen', 'give a local IPv4 address or an interface name', at);
  }
  return { at, port, receiveBuffer: checkedWhole('listen.receiveBuffer', receiveBuffer, 4096, 2 ** 30) };
}

function checkedTargets(port: number, targets: SyncPeerOptions['targets'] = []): Target[] {
  if (!Array.isArray(targets)) throw badOption('targets', 'not a list', targets);
  const checked = targets.map((target: string | TargetOptions) => checkedTarget('targets', target, port));
  checked.forEach((target, index) => {
    const twin = checked.findIndex((other) => other.host === target.host && other.port === target.port);
    if (twin !== index) throw badOption('targets', 'the same target twice', target.name);
  });
  return checked;
}

/**
 * @param name The option that holds it, for the error.
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a value that cannot be a target.
 */
export function checkedTarget(name: string, given: string | TargetOptions, defaultPort: number): Target {
  const target: TargetOptions = typeof given === 'string' ? { host: given } : given;
  if (typeof target?.host !== 'string') throw badOption(name, 'neither a name nor an object with a host', given);
  checkMembers(name, target, { host: true, port: true, dialect: true, ttl: true });
  const { dialect = DEFAULTS.dialect, port = defaultPort } = target;
  // As in spamd's -Y, a colon and a number after an interface give the TTL.
  const parts = /^([^:]+):(\d+)$/.exec(target.host);
  const host = parts?.[1] ?? target.host;
  const ttl = target.ttl ?? (parts === null ? undefined : Number(parts[2]));
  if (!/^[\w.-]+$/.test(host)) {
    throw badOption(name, 'not a host name, an IPv4 address or an interface', host);
  }
  if (dialect !== 'spamd' && dialect !== 'greyd') throw badOption(name, "dialect is not 'spamd' or 'greyd'", dialect);
  if (ttl !== undefined) {
    checkedWhole(`${name}: ttl`, ttl, 1, 255);
    if (isIPv4(host)) throw badOption(name, 'a TTL goes with an interface, not with an address', host);
  }
  if (isIPv4(host) && !isUnicastIPv4(parseIPv4(host))) {
    throw badOption(name, 'not a unicast address; for multicast name the interface', host);
  }
  checkedWhole(`${name}: port`, port, 1, 65_535);
  const full = `${host}${ttl === undefined ? '' : `:${ttl}`}${port === defaultPort ? '' : ` port ${port}`}`;
  return { host, port, ttl, dialect, name: full };
}

/**
 * Checks a number of datagrams a second, if one was given.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the option.
 */
export function checkRate(name: string, rate: number | undefined): void {
  if (rate === undefined || (typeof rate === 'number' && rate >= MIN_RATE && rate <= MAX_RATE)) return;
  throw badOption(name, `not a number ${MIN_RATE}..${MAX_RATE}`, rate);
}

function checkedGroup(group: string = DEFAULTS.group): string {
  const address = typeof group === 'string' ? parseIPv4(group) : -1;
  const first = address >>> 24;
  if (address < 0 || first < 224 || first > 239) throw badOption('group', 'not an IPv4 multicast address', group);
  return group;
}
