import type { NodeRedisClient } from 'spamd-sync/redis';
import { decodeAddress } from 'spamd-sync/store';

/** A client whose server does in this process what the store asks of one: `e2e/` holds the script itself to the same. */
export class FakeRedis implements NodeRedisClient {
  readonly values = new Map<string, string>();
  /** When keys expire, Unix milliseconds. */
  readonly expiries = new Map<string, number>();
  readonly due = new Map<string, number>();
  readonly spamtraps = new Set<string>();
  /** Keys that hold another type. */
  readonly foreign = new Set<string>();
  /** Why nothing can be written, as a Redis says it that is full or a replica. */
  refusal: string | undefined;
  /** The commands that were sent, with all that belongs to them. */
  readonly sent: string[][] = [];
  /** Is called before each command is done: another process may be faster. */
  before: (command: string) => void | Promise<void> = () => {};
  readonly #now: () => number;

  /** @param now Unix seconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** How often an address was refused, as its record has it. */
  blocked(ip: string): number {
    return decodeAddress(Buffer.from(this.values.get(`spamd:address:{${ip}}`) ?? '', 'base64')).blocked;
  }

  /** How many round trips were made since this was asked last. */
  trips(): number {
    return this.sent.splice(0).length;
  }

  async sendCommand(args: string[]): Promise<unknown> {
    this.sent.push(args);
    const [command = ''] = args;
    await this.before(command);
    switch (command) {
      case 'EVALSHA':
        return this.#compareAndSet(args.slice(2));
      case 'TIME':
        return this.#time();
      case 'SADD':
        if (this.refusal !== undefined) throw new Error(this.refusal);
        return this.spamtraps.add(args[2] ?? '').size;
      case 'ZRANGEBYSCORE': {
        const [, , , max, , skip, count] = args;
        const due = [...this.due].filter(([, score]) => score <= Number(max)).map(([member]) => member);
        return due.slice(Number(skip), Number(skip) + Number(count));
      }
      case 'SCAN':
      case 'SSCAN':
        return ['0', []];
      case 'SCARD':
        return this.spamtraps.size;
      default:
        throw new Error(`ERR unknown command '${command}'`);
    }
  }

  #time(): [string, string] {
    const now = this.#now();
    const seconds = Math.floor(now);
    return [`${seconds}`, `${Math.round((now - seconds) * 1e6)}`];
  }

  #compareAndSet([size, ...rest]: string[]): unknown {
    const keys = rest.splice(0, Number(size));
    const [assumed, score, member = '', recipientCount] = rest.splice(0, 4);
    const recipients = rest.splice(0, Number(recipientCount));
    for (const [key, at] of this.expiries) if (at <= this.#now() * 1000) this.values.delete(key);
    const records = Array.from({ length: rest.length / 3 }, (_, at) => rest.slice(3 * at, 3 * at + 3));
    const stands = keys
      .slice(0, records.length)
      .map((key) => (this.foreign.has(key) ? 0 : (this.values.get(key) ?? '')));
    const foreign = Number(this.foreign.has(keys[records.length + 1] ?? ''));
    const traps = recipients.map((recipient) => Number(this.spamtraps.has(recipient)));
    const isSame =
      (assumed === '' || Math.abs(Math.floor(this.#now()) - Number(assumed)) <= 1) &&
      records.every(([expected], at) => expected === stands[at]) &&
      traps.every((is) => is === 0);
    if (!isSame) return [0, ...this.#time(), stands, traps, foreign];
    if (this.refusal !== undefined && records.some(([, value]) => value !== '')) {
      return [2, ...this.#time(), stands, traps, foreign, this.refusal];
    }
    for (const [at, [, value = '', expiry = '']] of records.entries()) {
      const key = keys[at] as string;
      if (value === '-') this.values.delete(key);
      else if (value !== '') this.values.set(key, value);
      if (expiry !== '') this.expiries.set(key, Number(expiry));
    }
    if (score === '-') this.due.delete(member);
    else if (score !== '') this.due.set(member, Number(score));
    return [1, ...this.#time(), [], [], foreign];
  }
}
