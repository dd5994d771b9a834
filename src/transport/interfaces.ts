import { existsSync, readFileSync, statSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { TimedClock } from '../clock.ts';
import { shown, systemCode } from '../errors.ts';

/** Where Linux shows its interfaces, also those that are down. On other systems only those that are up can be seen. */
const SYSFS = '/sys/class/net';
/** The flag of an interface in sysfs that says it is up. */
const IFF_UP = 1;
/** The shortest time between two listings of the interfaces, seconds: a listing costs more than an HMAC. */
const LIST_INTERVAL = 1;

/** What can be known of an interface, or of an address that some interface should have. */
export interface Facts {
  /** Its IPv4 address; `undefined` while it cannot be used. */
  readonly address: string | undefined;
  /** Differs after the interface was removed and re-created, on systems where that can be seen. */
  readonly identity: string;
  /** What is wrong with it, in words; `undefined` if nothing is. */
  readonly detail: string | undefined;
}

/** @param preferred The address that is in use. It is kept if the interface still has it. */
export function interfaceFacts(name: string, preferred: string | undefined): Facts {
  const addresses = ipv4Of(name);
  const address = preferred !== undefined && addresses.includes(preferred) ? preferred : addresses[0];
  return { address, identity: identityOf(name), detail: address === undefined ? troubleOf(name) : undefined };
}

/** @param address IPv4. */
export function addressFacts(address: string): Facts {
  const isThere = allAddresses().has(address);
  const detail = isThere ? undefined : `no interface that is up has the address ${address}`;
  return { address: isThere ? address : undefined, identity: '', detail };
}

/**
 * Whether this host has an interface of that name. An interface that is down, or has no address, is seen only on Linux.
 */
export function isInterfaceName(name: string): boolean {
  return listed()[name] !== undefined || isInSysfs(name);
}

/** The names of the interfaces that are up and have an IPv4 address. */
export function usableInterfaces(): string[] {
  return Object.keys(listed()).filter((name) => ipv4Of(name).length > 0);
}

let lastListing: ReturnType<typeof networkInterfaces> = {};

/**
 * The interfaces that are up. A process that has no file descriptor left cannot list them; the last listing counts
 * then. This must not throw: it is called in timers and for each datagram, where no caller could catch the error.
 */
function listed(): ReturnType<typeof networkInterfaces> {
  try {
    lastListing = networkInterfaces();
  } catch (error) {
    if (systemCode(error) !== 'ERR_SYSTEM_ERROR') throw error;
  }
  return lastListing;
}

/** The addresses of this host, as they were a moment ago. */
export class LocalAddresses {
  readonly #clock: TimedClock;
  #known: ReadonlySet<string> = new Set();
  #listed = Number.NEGATIVE_INFINITY;

  constructor(clock: TimedClock) {
    this.#clock = clock;
  }

  has(address: string): boolean {
    if (address.startsWith('127.')) return true;
    const now = this.#clock.monotonic();
    if (now - this.#listed >= LIST_INTERVAL) {
      this.#known = allAddresses();
      this.#listed = now;
    }
    return this.#known.has(address);
  }

  /** The addresses have changed: they are listed anew when next needed. */
  forget(): void {
    this.#listed = Number.NEGATIVE_INFINITY;
  }
}

function allAddresses(): Set<string> {
  return new Set(Object.values(listed()).flatMap((list = []) => list.map(({ address }) => address)));
}

function ipv4Of(name: string): string[] {
  const addresses = listed()[name] ?? [];
  return addresses.filter(({ family }) => family === 'IPv4').map(({ address }) => address);
}

/** Why an interface has no IPv4 address that can be used. */
function troubleOf(name: string): string {
  const what = `interface ${shown(name)}`;
  if (!isInSysfs(name)) {
    const isUp = listed()[name] !== undefined;
    if (isUp) return `${what} has no IPv4 address`;
    return existsSync(SYSFS) ? `there is no ${what}` : `there is no ${what}, or it is down`;
  }
  if ((Number(attribute(name, 'flags')) & IFF_UP) === 0) return `${what} is down`;
  return attribute(name, 'carrier') === '0' ? `${what} has no carrier` : `${what} has no IPv4 address`;
}

/**
 * The inode of the interface's directory in sysfs. An interface that was re-created may have its old index and
 * addresses, but its directory is a new one.
 */
function identityOf(name: string): string {
  if (!isInSysfs(name)) return '';
  return `${statSync(`${SYSFS}/${name}`, { bigint: true, throwIfNoEntry: false })?.ino ?? ''}`;
}

function isInSysfs(name: string): boolean {
  return !name.includes('/') && existsSync(`${SYSFS}/${name}/flags`);
}

/**
 * `undefined` if it cannot be read: the interface may disappear meanwhile, and an interface that is down does not show
 * its carrier.
 */
function attribute(name: string, file: string): string | undefined {
  try {
    return readFileSync(`${SYSFS}/${name}/${file}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
