/** spamd's own greylister (grey.c) as far as one host's verdicts go, written from its rules and nothing of ours. */

export interface SpamdPolicy {
  readonly passtime: number;
  readonly greyexp: number;
  readonly whiteexp: number;
  readonly trapexp: number;
  readonly spamtraps: ReadonlySet<string>;
  readonly allowedDomains: readonly string[] | undefined;
  readonly lowPriorityMx: string | undefined;
}

export interface SpamdAttempt {
  readonly ip: string;
  readonly helo: string;
  readonly from: string;
  readonly to: string;
  readonly connectedTo?: string | undefined;
}

interface SpamdTuple {
  readonly ip: string;
  readonly first: number;
  pass: number;
  readonly expires: number;
  blocked: number;
}

interface SpamdAddress {
  trapped: boolean;
  readonly first: number;
  expires: number;
  passed: number;
}

/**
 * What became of the connection: spamd deferred it, or talked to it as to a blacklisted one, or pf let it through to the
 * real mail program. `ripe`: deferred, but the next scan makes the address white.
 */
export type SpamdAnswer = 'deferred' | 'ripe' | 'trapped' | 'through';

/** How often spamd scans its database, seconds. */
export const SCAN = 60;

export class SpamdModel {
  readonly #policy: SpamdPolicy;
  readonly #started: number;
  readonly tuples = new Map<string, SpamdTuple>();
  readonly addresses = new Map<string, SpamdAddress>();

  constructor(policy: SpamdPolicy, started: number) {
    this.#policy = policy;
    this.#started = started;
  }

  static key({ ip, helo, from, to }: SpamdAttempt): string {
    return [ip, helo, from, to].join('\n');
  }

  attempt(attempt: SpamdAttempt, now: number): SpamdAnswer {
    const address = this.addresses.get(attempt.ip);
    if (address !== undefined && !address.trapped) {
      // Past spamd; spamlogd sees the connection and renews the entry.
      address.expires = now + this.#policy.whiteexp;
      address.passed++;
      return 'through';
    }
    if (address !== undefined) return 'trapped';
    return this.#greylist(attempt, now);
  }

  #greylist(attempt: SpamdAttempt, now: number): SpamdAnswer {
    const { passtime, greyexp, spamtraps, allowedDomains, lowPriorityMx } = this.#policy;
    const to = attempt.to.toLowerCase().replace(/[<>]/g, '');
    if (spamtraps.has(to) || allowedDomains?.every((suffix) => !to.endsWith(suffix))) return this.trap(attempt.ip, now);
    const key = SpamdModel.key(attempt);
    const tuple = this.tuples.get(key);
    if (tuple === undefined) {
      if (lowPriorityMx !== undefined && attempt.connectedTo === lowPriorityMx && this.#started + 60 < now) {
        return this.trap(attempt.ip, now);
      }
      const expires = now + greyexp;
      this.tuples.set(key, { ip: attempt.ip, first: now, pass: expires, expires, blocked: 1 });
      return 'deferred';
    }
    tuple.blocked++;
    if (tuple.first + passtime < now) tuple.pass = now;
    return tuple.pass <= now ? 'ripe' : 'deferred';
  }

  /** An entry that is there already keeps its expiry. */
  trap(ip: string, now: number, expires: number = now + this.#policy.trapexp): SpamdAnswer {
    const known = this.addresses.get(ip);
    if (known !== undefined) known.trapped = true;
    else this.addresses.set(ip, { trapped: true, first: now, expires, passed: 0 });
    return 'trapped';
  }

  /** A WHITE of the group. An entry that is there already keeps its expiry, and is a trap no more. */
  white(ip: string, now: number, expires: number): void {
    const known = this.addresses.get(ip);
    if (known === undefined) this.addresses.set(ip, { trapped: false, first: now, expires, passed: 0 });
    else {
      known.trapped = false;
      known.passed++;
    }
  }

  scan(now: number): void {
    for (const [ip, { expires }] of this.addresses) if (expires <= now) this.addresses.delete(ip);
    for (const [key, tuple] of this.tuples) {
      if (tuple.expires <= now) this.tuples.delete(key);
      else if (tuple.pass <= now) {
        this.tuples.delete(key);
        if (this.addresses.has(tuple.ip)) continue;
        const expires = now + this.#policy.whiteexp;
        this.addresses.set(tuple.ip, { trapped: false, first: tuple.first, expires, passed: 0 });
      }
    }
  }
}
