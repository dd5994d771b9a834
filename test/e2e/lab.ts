import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { type HostOptions, RemotePeer } from './remote.ts';

/** The one interface of every host in a lab. */
export const INTERFACE = 'em0';

let labs = 0;

function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8' });
}

/** Hosts of a network that exists for one test file: a namespace each, joined by a bridge. */
export class Lab implements AsyncDisposable {
  readonly #prefix: string;
  readonly #bridge: string;
  readonly hosts: readonly LabHost[];

  /** @param prefix Of the run; see `labPrefix`. */
  constructor(prefix: string, size: number) {
    this.#prefix = `${prefix}${(labs++).toString(36)}`;
    this.#bridge = `${this.#prefix}br`;
    ip('link', 'add', this.#bridge, 'type', 'bridge');
    // With snooping on, a bridge without a querier forgets after a while who has joined the group.
    ip('link', 'set', this.#bridge, 'type', 'bridge', 'mcast_snooping', '0');
    ip('link', 'set', this.#bridge, 'up');
    this.hosts = Array.from({ length: size }, (_, index) => this.#host(index + 1));
    for (const host of this.hosts) host.names(this.hosts);
  }

  host(index: number): LabHost {
    const host = this.hosts[index];
    if (host === undefined) throw new RangeError(`the lab has no host ${index}`);
    return host;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.closePeers()));
    removeLeftovers(this.#prefix);
  }

  #host(number: number): LabHost {
    const namespace = `${this.#prefix}n${number}`;
    const link = `${this.#prefix}v${number}`;
    const address = `10.99.0.${number}`;
    ip('netns', 'add', namespace);
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    const host = new LabHost(namespace, `mx${number}.example.org`, address, { link, bridge: this.#bridge });
    host.plugIn();
    return host;
  }
}

export class LabHost {
  readonly namespace: string;
  readonly name: string;
  readonly address: string;
  readonly #wire: { readonly link: string; readonly bridge: string };
  readonly #peers: RemotePeer[] = [];

  /** @param wire The bridge of the lab, and what the end of this host's wire that is plugged in there is called. */
  constructor(namespace: string, name: string, address: string, wire: { link: string; bridge: string }) {
    this.namespace = namespace;
    this.name = name;
    this.address = address;
    this.#wire = wire;
  }

  /** Makes this host's interface, up and with its address. */
  plugIn(index?: number): void {
    const { link, bridge } = this.#wire;
    const indexed = index === undefined ? [] : ['index', `${index}`];
    const peer = ['peer', 'name', INTERFACE, 'netns', this.namespace, ...indexed];
    ip('link', 'add', link, 'type', 'veth', ...peer);
    ip('link', 'set', link, 'master', bridge, 'up');
    this.ip('addr', 'add', `${this.address}/24`, 'dev', INTERFACE);
    this.ip('link', 'set', INTERFACE, 'up');
    // The real daemons leave the choice of the interface to the routes.
    this.ip('route', 'add', '224.0.0.0/4', 'dev', INTERFACE);
  }

  /** Makes this host's interface anew, whatever has become of it. */
  replug(index?: number): void {
    if (this.ip('-o', 'link').includes(`${INTERFACE}@`)) this.unplug();
    this.plugIn(index);
  }

  /** Takes the carrier from this host's interface. */
  cutWire(): void {
    ip('link', 'set', this.#wire.link, 'down');
  }

  mendWire(): void {
    ip('link', 'set', this.#wire.link, 'up');
  }

  /** Removes this host's interface, and all that hangs on it. */
  unplug(): void {
    this.ip('link', 'del', INTERFACE);
  }

  /** A SyncPeer in a process of its own on this host. */
  async open(options: HostOptions): Promise<RemotePeer> {
    const peer = await RemotePeer.open(this.inside, options);
    this.#peers.push(peer);
    return peer;
  }

  /** What to put in front of a command for it to run on this host. */
  get inside(): readonly string[] {
    return ['ip', 'netns', 'exec', this.namespace];
  }

  /** Runs a short program here and returns what it printed. */
  run(...command: string[]): string {
    const [program = '', ...args] = [...this.inside, ...command];
    return execFileSync(program, args, { encoding: 'utf8', timeout: 10_000 });
  }

  /** Starts a program here; it is ended with the signal. */
  start(command: readonly string[], signal: AbortSignal) {
    const [program = '', ...args] = [...this.inside, ...command];
    return spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], signal });
  }

  /** `ip` with this host's routes and links. */
  ip(...args: string[]): string {
    return ip('-n', this.namespace, ...args);
  }

  /** Lets this host know the others by name. */
  names(hosts: readonly LabHost[]): void {
    const lines = ['127.0.0.1 localhost', ...hosts.map(({ address, name }) => `${address} ${name}`)];
    mkdirSync(`/etc/netns/${this.namespace}`, { recursive: true });
    writeFileSync(`/etc/netns/${this.namespace}/hosts`, `${lines.join('\n')}\n`);
  }

  async closePeers(): Promise<void> {
    await Promise.all(this.#peers.splice(0).map((peer) => peer.close()));
  }
}

/** Removes every namespace and bridge whose name begins with the prefix; their links go with them. */
export function removeLeftovers(prefix: string): void {
  for (const namespace of namesIn(ip('netns', 'list'), /^(\S+)/gm, prefix)) {
    ip('netns', 'del', namespace);
    rmSync(`/etc/netns/${namespace}`, { recursive: true, force: true });
  }
  for (const bridge of namesIn(ip('-o', 'link', 'show', 'type', 'bridge'), /^\d+: ([^:@]+)/gm, prefix)) {
    ip('link', 'del', bridge);
  }
}

function namesIn(listing: string, pattern: RegExp, prefix: string): string[] {
  return [...listing.matchAll(pattern)].map(([, name = '']) => name).filter((name) => name.startsWith(prefix));
}
