/** Hosts on one network, the malicious member among them, and what happens to them. */
import type { Entry, SyncKey } from 'spamd-sync';
import { type AddressState, ReadStep, stateOf } from 'spamd-sync/store';
import { MemoryNetwork } from 'spamd-sync/testing';
import { Host, type StoreBounds, Totals } from './host.ts';
import { Ledger } from './ledger.ts';
import { type KeyFile, MaliciousMember } from './member.ts';
import type { Happening } from './schedule.ts';

export interface GroupOptions {
  readonly peers: number;
  readonly seed: number;
  /** The group's key, and the one that it changes to. */
  readonly keys: readonly [KeyFile, KeyFile];
  readonly bounds: StoreBounds;
  readonly isCalm: boolean;
}

interface Cut {
  readonly side: ReadonlySet<string>;
  readonly oneWay: boolean;
}

export class Group {
  readonly network: MemoryNetwork;
  readonly ledger: Ledger;
  readonly totals = new Totals();
  readonly hosts: readonly Host[];
  readonly member: MaliciousMember;
  readonly #options: GroupOptions;
  readonly #cuts = new Map<number, Cut>();

  constructor(options: GroupOptions) {
    const { peers, seed, keys, bounds, isCalm } = options;
    this.#options = options;
    this.network = new MemoryNetwork({ seed });
    const { monotonic } = this.network.clock;
    this.ledger = new Ledger(monotonic);
    const [{ key }] = keys;
    this.hosts = Array.from({ length: peers }, (_, at) => {
      const address = `10.0.${at >>> 8}.${(at & 255) + 1}`;
      return new Host(address, {
        key,
        bounds,
        isCalm,
        network: this.network,
        ledger: this.ledger,
        totals: this.totals,
      });
    });
    const addresses = this.hosts.map(({ address }) => address);
    this.member = new MaliciousMember(keys[0], this.network, this.ledger, addresses);
  }

  async start(): Promise<void> {
    for (const host of this.hosts) await host.start('nothing');
    if (!this.#options.isCalm) await this.member.listen();
  }

  /** @param at Seconds since the start. */
  async advanceTo(at: number): Promise<void> {
    const wait = at - this.network.clock.monotonic();
    // What the hosts do of the last happening is done first, also where no time passes.
    await this.network.advance(Math.max(0, wait));
  }

  async happen(happening: Happening): Promise<void> {
    switch (happening.type) {
      case 'attempt': {
        const { host, ip, from, to } = happening;
        await this.#host(host).attempt({ ip, helo: 'mx.example.org', from, to });
        return;
      }
      case 'allow':
      case 'trap':
        return this.#host(happening.host)[happening.type](happening.ip, happening.lasts);
      case 'forget':
        return this.#host(happening.host).forget(happening.ip);
      case 'bulk':
        return this.#host(happening.host).announce(this.#bulk(happening.host, happening.first));
      case 'weather': {
        const { loss, duplication, reordering, latency } = happening;
        return this.network.change({ loss, duplication, reordering, latency });
      }
      case 'cut': {
        const side = new Set(happening.side.map((host) => this.#host(host).address));
        this.#cuts.set(happening.id, { side, oneWay: happening.oneWay });
        return this.#cut();
      }
      case 'join':
        this.#cuts.delete(happening.id);
        return this.#cut();
      case 'snapshot':
        return this.#host(happening.host).takeSnapshot();
      case 'stop':
        return this.#host(happening.host).stop(happening.killed);
      case 'start':
        return this.#host(happening.host).start(happening.kept);
      case 'clock':
        this.#host(happening.host).off = happening.off;
        return;
      case 'rotate':
        return this.#host(happening.host).keys.replace(this.#keysAt(happening.step));
      case 'new-key':
        this.member.keyFile = this.#options.keys[1];
        return;
      case 'lie':
        return this.member.lie(happening.lie, happening.seed);
    }
  }

  /** The network is whole, every host is up, and right about the time. */
  async mend(): Promise<void> {
    this.#cuts.clear();
    this.#cut();
    this.network.change({ loss: 0 });
    for (const host of this.hosts) {
      await host.start('store');
      host.off = 0;
    }
  }

  /** Whole Unix seconds, by the network's clock. */
  get now(): number {
    return Math.floor(this.network.clock.now());
  }

  /** What a host takes an address for, by its own clock or so many seconds later. */
  stateAt({ store, now }: Host, ip: string, later = 0): AddressState | undefined {
    const record = store.update(new ReadStep(ip), now);
    return record === undefined ? undefined : stateOf(record, now + later, false);
  }

  #host(at: number): Host {
    return this.hosts[at] as Host;
  }

  #cut(): void {
    const cuts = [...this.#cuts.values()];
    const isCut = (from: string, to: string) =>
      cuts.some(({ side, oneWay }) => side.has(from) !== side.has(to) && (!oneWay || side.has(from)));
    this.network.change({ cut: cuts.length === 0 ? () => false : isCut });
  }

  #keysAt(step: 1 | 2 | 3): readonly SyncKey[] {
    const [{ key: old }, { key: fresh }] = this.#options.keys;
    return step === 1 ? [old, fresh] : step === 2 ? [fresh, old] : [fresh];
  }

  /** More than a second's worth, so that it goes at the rate of bulk sends. */
  #bulk(host: number, first: number): Entry[] {
    const timestamp = this.#host(host).now;
    return Array.from({ length: 400 }, (_, i) => ({
      type: 'trapped',
      ip: `203.0.${first + (i >>> 8)}.${i & 255}`,
      timestamp,
      expires: timestamp + 600,
    }));
  }
}
