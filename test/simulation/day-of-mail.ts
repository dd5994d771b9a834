import type { Attempt } from 'spamd-sync';
import type { Random } from '../../src/transport/random.ts';
import { DAY, HOUR, MINUTE, SPAMTRAP } from './schedule.ts';

/** An attempt at one of the hosts of a group. */
export interface Arrival {
  /** Seconds since midnight, whole. */
  readonly at: number;
  /** Which of the hosts. */
  readonly host: number;
  readonly attempt: Attempt;
  /** Whether the client has waited as it was told to, or is known: then its mail must be taken. */
  readonly mustPass: boolean;
}

/** Of a hundred clients so many never come again, and so many hit a spamtrap; the others are mail servers. */
const SHARES = { once: 94, trapped: 1 } as const;
/** How often a mail server tries, minutes after the first time: as Postfix does, to the first attempt that passes. */
const RETRIES = [5, 15, 30] as const;
/** Longer than passtime and what an announcement is under way. */
const WAITED = 26 * MINUTE;
/** How many further mails it has. */
const FURTHER = 3;

/** A day of mail: most clients are never seen again, mail servers try until they pass, at whatever host, and have more mail. */
export function dayOfMail(random: Random, attempts: number, hosts: number): Arrival[] {
  const arrivals: Arrival[] = [];
  for (let client = 0; arrivals.length < attempts; client++) {
    const share = random.below(100);
    if (share < SHARES.once) arrivals.push(bot(random, client, hosts));
    else if (share < SHARES.once + SHARES.trapped) arrivals.push(...spammer(random, client, hosts));
    else arrivals.push(...mailServer(random, client, hosts));
  }
  return arrivals.slice(0, attempts).sort((one, other) => one.at - other.at);
}

function bot(random: Random, client: number, hosts: number): Arrival {
  const attempt = {
    ip: addressOf(client),
    helo: `h${random.below(0x1_0000).toString(16)}`,
    from: `<${random.below(0x100_0000).toString(36)}@example.com>`,
    to: `<user${random.below(500)}@example.net>`,
  };
  return { at: random.below(DAY), host: random.below(hosts), attempt, mustPass: false };
}

/** It tries users, and a spamtrap among them. */
function spammer(random: Random, client: number, hosts: number): Arrival[] {
  const { at, host, attempt } = bot(random, client, hosts);
  const to = [attempt.to, `<${SPAMTRAP}>`, attempt.to];
  return to.map((each, later) => ({
    at: Math.min(DAY - 1, at + later),
    host,
    attempt: { ...attempt, to: each },
    mustPass: false,
  }));
}

function mailServer(random: Random, client: number, hosts: number): Arrival[] {
  const attempt = {
    ip: addressOf(client),
    helo: `mx${client}.example.org`,
    from: `<a${client}@example.org>`,
    to: `<user${random.below(500)}@example.net>`,
  };
  const first = random.below(DAY - 6 * HOUR);
  const tries = [0, ...RETRIES.map((minutes) => minutes * MINUTE)];
  const further = Array.from({ length: FURTHER }, () => HOUR + random.below(4 * HOUR));
  return [...tries, ...further].map((later) => ({
    at: first + later,
    host: random.below(hosts),
    attempt: later >= HOUR ? { ...attempt, to: `<user${random.below(500)}@example.net>` } : attempt,
    mustPass: later > WAITED,
  }));
}

/** Of a /8 each time another, so that no network holds much more than the others. */
function addressOf(client: number): string {
  return `${20 + (client % 80)}.${(client >>> 16) & 255}.${(client >>> 8) & 255}.${client & 255}`;
}
