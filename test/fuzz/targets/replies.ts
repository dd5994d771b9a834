/** A client of Redis whose replies an input decides: as they ought to be, changed, late, or failures. */
import type { NodeRedisClient } from 'spamd-sync/redis';
import { FakeRedis } from '../../redis/fake-redis.ts';

const FAILURES = [
  'WRONGTYPE Operation against a key holding the wrong kind of value',
  'NOSCRIPT No matching script. Please use EVAL.',
  "OOM command not allowed when used memory > 'maxmemory'.",
  'LOADING Redis is loading the dataset in memory',
  '',
];
/** What stands for a reply, or a part of one. */
const FOREIGN: readonly unknown[] = [
  null,
  undefined,
  '',
  'OK',
  -1,
  0,
  1,
  2 ** 53,
  Number.NaN,
  '-1',
  '1e400',
  'x',
  true,
  [],
  [null],
  [[]],
  ['0', ['spamd:address:{', 'spamd:tuple:{192.0.2.1', 'elsewhere']],
  {},
  10n,
  Buffer.alloc(0),
  Buffer.from([0xff, 0xfe]),
  [['1-1', ['announced', '[false,[null]]']]],
  [['1-1', ['announced', '[false,[{}]]']]],
  [['1-1', ['announced', '[false,7]']]],
  [['x', ['announced']]],
  [['1-1', null]],
];

/** The bytes of an input, one after the other; 0 once they are all taken. */
export class Decisions {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isOver(): boolean {
    return this.#at >= this.#bytes.length;
  }

  next(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.next() % list.length] as T;
  }
}

/** A stream, a set and a counter beside what the fake server does. */
class Server {
  readonly #fake: FakeRedis;
  readonly #stream: [string, string[]][] = [];
  #added = 0;

  constructor(now: () => number) {
    this.#fake = new FakeRedis(now);
  }

  async answer(args: string[]): Promise<unknown> {
    const [command, , , member = ''] = args.map(String);
    const { values, spamtraps } = this.#fake;
    switch (command) {
      case 'EVAL':
        return this.#fake.sendCommand(['EVALSHA', ...args.slice(1)]);
      case 'SCAN':
        return ['0', [...values.keys()].map((name) => name)];
      case 'GET': {
        const value = values.get(String(args[1]));
        return value === undefined ? null : value;
      }
      case 'SREM':
        return Number(spamtraps.delete(String(args[2])));
      case 'SISMEMBER':
        return Number(spamtraps.has(String(args[2])));
      case 'SSCAN':
        return ['0', [...spamtraps].map((name) => name)];
      case 'DBSIZE':
        return values.size;
      case 'XADD':
        this.#stream.push([`${++this.#added}-0`, ['announced', args.map(String).at(-1) ?? '']]);
        return `${this.#added}-0`;
      case 'XLEN':
        return this.#stream.length;
      case 'XRANGE':
        return this.#stream.filter(([id]) => member === '-' || Number.parseInt(id, 10) >= Number.parseInt(member, 10));
      case 'XDEL':
        for (const id of args.slice(2).map(String)) {
          const at = this.#stream.findIndex(([known]) => known === id);
          if (at >= 0) this.#stream.splice(at, 1);
        }
        return args.length - 2;
      case 'XTRIM':
      case 'INCRBY':
      case 'ZCARD':
        return 0;
      default:
        return this.#fake.sendCommand(args);
    }
  }
}

/** A client that does as the decisions say. With none left it does as Redis would. */
export class ChangingClient implements NodeRedisClient {
  readonly #decisions: Decisions;
  readonly #server: Server;

  /** @param now Unix seconds. */
  constructor(decisions: Decisions, now: () => number) {
    this.#decisions = decisions;
    this.#server = new Server(now);
  }

  /** Not `async`: a client may throw at once, too. */
  sendCommand(args: string[]): Promise<unknown> {
    const how = this.#decisions.next() % 16;
    switch (how) {
      case 8:
        throw new Error(this.#decisions.pick(FAILURES));
      case 9:
        return Promise.reject(new Error(this.#decisions.pick(FAILURES)));
      case 10:
        return Promise.reject(this.#decisions.pick(FOREIGN));
      case 11:
        return new Promise(() => {});
      case 12:
        return this.#server.answer(args).then(() => Promise.reject(new Error('ECONNRESET')));
      case 13:
        return Promise.resolve(this.#decisions.pick(FOREIGN));
      case 14:
      case 15:
        return this.#server.answer(args).then((reply) => this.#changed(reply));
      default:
        return this.#server.answer(args);
    }
  }

  /** A reply with one part of it changed. */
  #changed(reply: unknown): unknown {
    const how = this.#decisions.next();
    if (Array.isArray(reply) && reply.length > 0 && how % 4 !== 0) {
      const at = how % reply.length;
      if (how % 4 === 1) return reply.slice(0, at);
      if (how % 4 === 2) return [...reply, ...reply];
      return reply.map((part, i) => (i === at ? this.#changed(part) : part));
    }
    if (!(reply instanceof Uint8Array) || reply.length === 0 || how % 2 === 0) return this.#decisions.pick(FOREIGN);
    const bytes = Buffer.from(reply);
    bytes[this.#decisions.next() % bytes.length] = this.#decisions.next();
    return bytes;
  }
}
