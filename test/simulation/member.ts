/** A member of the group that has its key and lies: about whom it likes, at any time, again and again. */
import type { Entry, Source, SyncKey } from 'spamd-sync';
import type { MemoryNetwork } from 'spamd-sync/testing';
import { encodeDatagram } from 'spamd-sync/wire';
import { generator, type Random } from '../../src/transport/random.ts';
import { signed } from '../support/frame.ts';
import { POLICY, SEGMENT } from './host.ts';
import type { Ledger } from './ledger.ts';
import { CLIENTS, DAY, LIED, type Lie, SPAMTRAP } from './schedule.ts';

const OWN: Source = { address: '10.9.9.9', port: 8025 };
const GROUP: Source = { address: '224.0.1.240', port: 8025 };
/** How much of what it recorded it keeps. */
const MAX_RECORDED = 2000;
/** A full datagram. */
const FULL = 85;
const U32 = 2 ** 32 - 1;

/** A key, and the file that it is made of, for what no encoder would make. */
export interface KeyFile {
  readonly key: SyncKey;
  readonly file: Uint8Array;
}

export class MaliciousMember {
  keyFile: KeyFile;
  readonly #network: MemoryNetwork;
  readonly #ledger: Ledger;
  readonly #sources: readonly string[];
  readonly #recorded: Buffer[] = [];
  #next = 0;
  /** Addresses of floods. */
  readonly flooded: string[] = [];

  /** @param sources Addresses of hosts, which it forges. */
  constructor(keyFile: KeyFile, network: MemoryNetwork, ledger: Ledger, sources: readonly string[]) {
    this.keyFile = keyFile;
    this.#network = network;
    this.#ledger = ledger;
    this.#sources = sources;
  }

  /** Joins the group, and records what it receives. */
  async listen(): Promise<void> {
    const listen = { at: SEGMENT, port: GROUP.port, receiveBuffer: 0 };
    await this.#network.transport(OWN.address).open(
      { listen, group: GROUP.address, targets: [], clock: this.#network.clock },
      {
        receive: (bytes) => {
          this.#recorded[this.#next++ % MAX_RECORDED] = Buffer.from(bytes);
        },
        interfaceChanged: () => {},
        error: () => {},
      },
    );
  }

  lie(lie: Lie, seed: number): void {
    const random = generator(seed);
    switch (lie) {
      case 'claims':
        this.#send(this.#claims(random), random);
        break;
      case 'greys':
        this.#send(this.#greys(random), random);
        break;
      case 'flood':
        this.#flood(random);
        break;
      case 'replay':
        for (let left = 1 + random.below(8); left > 0; left--) this.#inject(this.#record(random), random);
        break;
      case 'mutation':
        this.#inject(this.#mutation(random), random);
        break;
      case 'malformed':
        this.#inject(this.#malformed(random), random);
        break;
    }
  }

  /** Something recorded with a few bits flipped, at times cut off too. */
  #mutation(random: Random): Buffer | undefined {
    const recorded = this.#record(random);
    if (recorded === undefined) return undefined;
    const bytes = Buffer.from(recorded);
    for (let left = 1 + random.below(3); left > 0; left--) {
      const at = random.below(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
    }
    return random.chance(0.3) ? bytes.subarray(0, random.below(bytes.length)) : bytes;
  }

  /** Signed, but no datagram: its first TLV is of an unknown type that ends nowhere, or is cut off. */
  #malformed({ below, pick }: Random): Buffer {
    const bytes = Buffer.from(Array.from({ length: 36 + below(1372) }, () => below(256)));
    bytes.set([2, 4], 0);
    bytes.writeUInt16BE(bytes.length, 2);
    bytes.writeUInt16BE(pick([0xffff, 1, 2, 3, 4, 5]), 32);
    bytes.writeUInt16BE(pick([0, 3, 0xffff]), 34);
    return signed(bytes, this.keyFile.file);
  }

  /** Of addresses that all decide about, and of others; old, new, and of times that never were. */
  #claims(random: Random): Entry[] {
    const { pick, below } = random;
    const time = () => this.#time(random);
    return Array.from({ length: 1 + below(8) }, (): Entry => {
      const ip = pick([pick(CLIENTS), pick(CLIENTS), pick(LIED), pick(['0.0.0.0', '255.255.255.255', '224.0.0.1'])]);
      const type = pick(['white', 'trapped', 'remove-white', 'remove-trapped'] as const);
      if (type !== 'white' && type !== 'trapped') return { type, ip, timestamp: time() };
      return { type, ip, timestamp: time(), expires: time() };
    });
  }

  /** Tuples that others try, seen long ago, so that a first attempt would be a retry; and some at the spamtrap. */
  #greys(random: Random): Entry[] {
    const { pick, below, chance } = random;
    return Array.from({ length: 1 + below(4) }, () => ({
      type: 'grey',
      ip: pick(CLIENTS),
      helo: 'mx.example.org',
      from: pick(['<>', '<a@example.org>', '<B@example.org>']),
      to: chance(0.2) ? `<${SPAMTRAP}>` : '<someone@example.net>',
      timestamp: chance(0.5) ? this.#now() - below(POLICY.greyexp + 100) : this.#time(random),
    }));
  }

  #flood(random: Random): void {
    const { pick, below } = random;
    const type = pick(['white', 'trapped'] as const);
    for (let datagrams = 1 + below(6); datagrams > 0; datagrams--) {
      const timestamp = this.#now();
      const entries = Array.from({ length: FULL }, (): Entry => {
        const ip = `172.${16 + below(16)}.${below(256)}.${below(256)}`;
        this.flooded.push(ip);
        return { type, ip, timestamp, expires: timestamp + pick([1, 600, DAY, POLICY.whiteexp]) };
      });
      this.#send(entries, random);
    }
  }

  #time({ pick, below }: Random): number {
    const now = this.#now();
    return pick([
      ...[0, 1, U32, 2 ** 31, 2 ** 31 - 1, now, now, now, now + 1, now + 5, now + 6, now + 600, now + 601],
      ...[now - below(DAY), now + below(DAY), now - below(300), now + below(POLICY.whiteexp)],
    ]);
  }

  #send(entries: readonly Entry[], random: Random): void {
    const { key } = this.keyFile;
    // What shows that it is sent now, as a backdated announcement has it; or not.
    const marker: Entry[] = random.chance(0.5)
      ? [{ type: 'white', ip: '192.0.2.1', timestamp: this.#now() + random.below(60), expires: 0 }]
      : [];
    const all = [...marker, ...entries].slice(0, FULL);
    const bytes = encodeDatagram(all, { key, counter: random.pick([0, U32, random.below(U32)]) });
    const newest = all.reduce((latest, { timestamp }) => Math.max(latest, timestamp), -1);
    this.#ledger.sent(bytes, OWN.address, { entries: all, newest, key, bytes });
    this.#put(bytes, random);
  }

  /** What no host may accept, or only those that have not accepted it before. */
  #inject(bytes: Buffer | undefined, random: Random): void {
    if (bytes === undefined) return;
    this.#ledger.sent(bytes, OWN.address, undefined);
    this.#put(bytes, random);
  }

  #put(bytes: Uint8Array, random: Random): void {
    const from = random.chance(0.5) ? OWN : { address: random.pick(this.#sources), port: GROUP.port };
    this.#network.inject(bytes, from, GROUP);
  }

  #record({ below, chance, pick }: Random): Buffer | undefined {
    const count = this.#recorded.length;
    if (count === 0) return undefined;
    // Lately recorded at most times: only those could pass for fresh.
    const back = chance(0.7) ? 1 + below(Math.min(20, count)) : 1 + below(count);
    return chance(0.7)
      ? this.#recorded[((this.#next - back + MAX_RECORDED * 2) % MAX_RECORDED) % count]
      : pick(this.#recorded);
  }

  #now(): number {
    return Math.floor(this.#network.clock.now());
  }
}
