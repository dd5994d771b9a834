/** The lines that the example MTA logs. */
import type { Attempt, Entry, Verdict } from 'spamd-sync';
import type { TarpitReport } from 'spamd-sync/adapters/tarpit';

/** What became of an attempt to deliver, and why. */
export function verdictLine(verdict: Verdict, { ip, helo, from, to }: Attempt): string {
  return `${verdict.action}, ${why(verdict)}: ${tuple(ip, helo, from, to)}`;
}

/** For how long the tarpit held a client up. */
export function heldLine({ ip = 'a client', seconds, bytesSent }: TarpitReport): string {
  return `tarpit: ${ip} was held for ${Math.round(seconds)} s, by ${bytesSent} bytes`;
}

/** What was received from the group, in spamd's words. */
export function entryLine(entry: Entry): string {
  switch (entry.type) {
    case 'grey':
      return `GREY ${tuple(entry.ip, entry.helo, entry.from, entry.to)}`;
    case 'white':
    case 'trapped':
      return `${entry.type.toUpperCase()} ${entry.ip} until ${date(entry.expires)}`;
    default:
      return `${entry.type} ${entry.ip}`;
  }
}

/** The client's strings are quoted as a terminal may show them. */
function tuple(ip: string, helo: string, from: string, to: string): string {
  return `${ip} helo ${JSON.stringify(helo)} from ${JSON.stringify(from)} to ${JSON.stringify(to)}`;
}

function why(verdict: Verdict): string {
  switch (verdict.reason) {
    case 'first-sight':
      return `first sight, may come back in ${verdict.retryAfter} s`;
    case 'too-soon':
      return `too soon, ${verdict.retryAfter} s left`;
    case 'retry':
      return `came back after passtime, white until ${date(verdict.expires)}`;
    case 'white':
      return `white until ${date(verdict.expires)}`;
    case 'exempt':
      return 'exempt';
    case 'not-trapped':
      return 'not trapped';
    case 'learn':
      return `learning, it would be ${verdict.would}`;
    case 'spamtrap':
      return `the recipient is a spamtrap, so until ${date(verdict.expires)}`;
    case 'domain':
      return `no recipient of ours, so until ${date(verdict.expires)}`;
    case 'low-priority-mx':
      return `came to the low-priority MX first, so until ${date(verdict.expires)}`;
    case 'trapped':
      return `until ${date(verdict.expires)} (by: ${verdict.trappedBy})`;
    case 'error':
      return `the greylist could not decide (${verdict.error.message})`;
  }
}

function date(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
