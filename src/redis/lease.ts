import { type Calls, scriptOf } from './calls.ts';
import { asNumber } from './replies.ts';

/**
 * Takes or renews a lease (ARGV: the token, and how many ms it holds), or gives it up (ARGV: the token alone). A Redis
 * that is full refuses a script's first write if that write takes room. So the script first removes a key that is not
 * there. A group without a leader would cost more than the few bytes of one lease.
 */
const SCRIPT = scriptOf(`
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
if not ARGV[2] then return redis.call('DEL', KEYS[1]) end
if holder then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`);

/** The right of one process of a scope to lead, for as long as the process renews it. */
export class Lease {
  readonly #calls: Calls;
  readonly #key: string;
  readonly #token: string;
  readonly #ms: number;

  /**
   * @param token A string that no other process has.
   * @param ms How long the lease holds unless it is renewed, milliseconds.
   */
  constructor(calls: Calls, key: string, token: string, ms: number) {
    this.#calls = calls;
    this.#key = key;
    this.#token = token;
    this.#ms = ms;
  }

  /**
   * Takes or renews the lease.
   *
   * @returns Whether this process holds it.
   */
  async hold(): Promise<boolean> {
    return asNumber(await this.#calls.run(SCRIPT, this.#key, ['1', this.#key, this.#token, `${this.#ms}`])) === 1;
  }

  /** Gives the lease up, if this process holds it. */
  async release(): Promise<void> {
    await this.#calls.run(SCRIPT, this.#key, ['1', this.#key, this.#token]);
  }
}
