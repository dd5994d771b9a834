import { isIP } from 'node:net';
import type { SpamdSyncError } from '../errors.ts';
import type { Rules } from '../rules/attempt.ts';
import { canonicalMailbox } from '../rules/key.ts';
import { badOption, checkedWhole, checkMembers } from '../validate.ts';
import type { Attempt } from './input.ts';

/** The rules of spamd, and the additions of this library. Durations are seconds. */
export interface GreylistPolicy {
  /** A retry passes when the tuple was first seen longer ago than this, strictly; 0..2^31. Default 1500, 25 minutes. */
  readonly passtime: number;
  /** How long a tuple is remembered from its first sight, 1..2^31. Default 14400, 4 hours. */
  readonly greyexp: number;
  /** How long an address stays white after its last delivery, 1..2^31. Default 3110400, 36 days. */
  readonly whiteexp: number;
  /** How long an address stays trapped, 1..2^31. Default 86400, 24 hours. */
  readonly trapexp: number;
  /** Whether only a white claim that this host makes itself ends a trap that still holds. Default `false`, as spamd. */
  readonly trapWins: boolean;
  /**
   * The domains that this group takes mail for, as suffixes of the recipient's address (`@example.net`, `example.net`).
   * A client that tries another domain is trapped, as with spamd.alloweddomains. Letters A to Z match in either case,
   * all other characters only as they are. So list an internationalised domain as clients send it: in ASCII
   * (`@xn--bcher-kva.example`), and in UTF-8 too if the mail program accepts SMTPUTF8. Default: any domain.
   */
  readonly allowedDomains: readonly string[] | undefined;
  /** The address of the low-priority MX: a client whose tuple comes to it first is trapped (spamd's `-M`). */
  readonly lowPriorityMx: string | undefined;
  /**
   * Treats the addresses of a network as one client. Default: an IPv4 address is a client, and so is an IPv6 /64,
   * because one host may have any address in it.
   */
  readonly subnet: {
    /** Prefix length, 8..32. Default 32. A trap always holds for the one address. */
    readonly ipv4?: number | undefined;
    /** Prefix length, 32..128. Default 64. A trap holds for the /64 at most. */
    readonly ipv6?: number | undefined;
  };
  /**
   * Addresses and CIDR prefixes that always pass, and paths of files that list them, like /etc/mail/nospamd. At most
   * 2^20 in all, and 64 MiB a file.
   */
  readonly exempt: readonly string[];
  /**
   * Recipients that always pass, whoever writes to them, such as `postmaster` and `abuse` (RFC 2142): a mail address, `@domain`
   * for all of a domain, or a local part at any domain. Nothing is recorded of such an attempt. Default: none.
   */
  readonly exemptRecipients: readonly string[];
  /**
   * Senders that always pass, in the forms of `exemptRecipients`. A sender is easily forged: list only an address that
   * nobody forges, such as the sender that a monitor uses. Default: none.
   */
  readonly exemptSenders: readonly string[];
  /**
   * `learn`: the greylist decides, records and announces as configured, but every attempt passes. So an operator can
   * watch a greylist before it is enforced. Default `enforce`.
   */
  readonly mode: 'enforce' | 'learn';
  /**
   * Returns a name that stands for the address of an attempt, so that the servers of a pool are one client. Use a
   * domain that SPF or forward-confirmed reverse DNS vouches for, never a name that only the client gives. The case of
   * ASCII letters does not matter; controls and `|` become `?`. With `undefined`, an empty name or one of more than 255
   * octets, the address or its network is used. If the function throws, or returns a name that is not a string, this
   * counts as store trouble.
   */
  readonly identify: ((attempt: Attempt) => string | undefined | Promise<string | undefined>) | undefined;
  /** What `check` answers when the store fails or takes too long. Default `pass`: mail matters more than greylisting. */
  readonly onError: 'pass' | 'defer';
}

/** The members of a policy that differ from the default. A member that is `undefined` has its default. */
export type PolicyOptions = { readonly [Member in keyof GreylistPolicy]?: GreylistPolicy[Member] | undefined };

const DEFAULTS: GreylistPolicy = {
  passtime: 25 * 60,
  greyexp: 4 * 3600,
  whiteexp: 36 * 86_400,
  trapexp: 24 * 3600,
  trapWins: false,
  allowedDomains: undefined,
  lowPriorityMx: undefined,
  subnet: { ipv4: undefined, ipv6: 64 },
  exempt: [],
  exemptRecipients: [],
  exemptSenders: [],
  mode: 'enforce',
  identify: undefined,
  onError: 'pass',
};

/**
 * The policy, checked and complete; `allowedDomains` are in the form that recipients are compared in.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the member.
 */
export function checkedPolicy(given: PolicyOptions = {}): GreylistPolicy {
  checkMembers<PolicyOptions>('policy', given, DEFAULTS);
  const policy = { ...DEFAULTS, ...withoutUndefined(given) };
  whole(policy, 'passtime', 0, 2 ** 31);
  for (const name of ['greyexp', 'whiteexp', 'trapexp'] as const) whole(policy, name, 1, 2 ** 31);
  if (policy.passtime + 1 >= policy.greyexp)
    throw bad('passtime', 'not less than greyexp by two, so no retry could ever pass', policy.passtime);
  if (typeof policy.trapWins !== 'boolean') throw bad('trapWins', 'not true or false', policy.trapWins);
  if (policy.onError !== 'pass' && policy.onError !== 'defer')
    throw bad('onError', "not 'pass' or 'defer'", policy.onError);
  const { lowPriorityMx } = policy;
  if (lowPriorityMx !== undefined && (typeof lowPriorityMx !== 'string' || isIP(lowPriorityMx) === 0)) {
    throw bad('lowPriorityMx', 'not an IP address', lowPriorityMx);
  }
  checkSubnet(policy.subnet);
  checkStrings('exempt', policy.exempt);
  checkMailboxes('exemptRecipients', policy.exemptRecipients);
  checkMailboxes('exemptSenders', policy.exemptSenders);
  if (policy.mode !== 'enforce' && policy.mode !== 'learn') throw bad('mode', "not 'enforce' or 'learn'", policy.mode);
  const allowedDomains = checkedDomains(policy.allowedDomains);
  if (policy.identify !== undefined && typeof policy.identify !== 'function') {
    throw bad('identify', 'not a function', policy.identify);
  }
  return { ...policy, allowedDomains, subnet: { ...DEFAULTS.subnet, ...withoutUndefined(policy.subnet) } };
}

/** A renewed white address is announced again at most once per this part of whiteexp. */
const RENEWAL_PART = 10;

/** The part of a policy that the rules depend on. */
export function rulesOf({ passtime, greyexp, whiteexp, trapWins }: GreylistPolicy): Rules {
  return { passtime, greyexp, whiteexp, trapWins, renewal: Math.ceil(whiteexp / RENEWAL_PART) };
}

/** In the form that a recipient is compared in. */
function checkedDomains(domains: GreylistPolicy['allowedDomains']): GreylistPolicy['allowedDomains'] {
  if (domains === undefined) return undefined;
  checkStrings('allowedDomains', domains);
  const suffixes = domains.map(canonicalMailbox);
  const empty = suffixes.findIndex((suffix) => suffix.replace(/^@/, '') === '');
  if (empty >= 0) throw bad('allowedDomains', 'an empty suffix allows every domain', domains[empty]);
  return suffixes;
}

/** The options that were given. */
function withoutUndefined<T extends object>(given: T): { [Member in keyof T]?: Exclude<T[Member], undefined> } {
  const members = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(members) as { [Member in keyof T]?: Exclude<T[Member], undefined> };
}

type Durations = 'passtime' | 'greyexp' | 'whiteexp' | 'trapexp';

function whole(policy: GreylistPolicy, name: Durations, min: number, max: number): void {
  checkedWhole(`policy.${name}`, policy[name], min, max);
}

function checkStrings(name: string, value: readonly string[]): void {
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
    throw bad(name, 'not a list of strings', value);
}

/** The most mail addresses that a policy may list, and the most characters of each. More would be a mistake. */
const MAX_MAILBOXES = 65_536;
const MAX_MAILBOX = 320;

function checkMailboxes(name: string, value: readonly string[]): void {
  checkStrings(name, value);
  if (value.length > MAX_MAILBOXES) throw bad(name, `more than ${MAX_MAILBOXES}`, value);
  const wrong = value.find((item) => item.length > MAX_MAILBOX || canonicalMailbox(item).replace(/^@/, '') === '');
  if (wrong !== undefined) throw bad(name, 'not a mail address, @domain or local part', wrong);
}

function checkSubnet(subnet: GreylistPolicy['subnet']): void {
  checkMembers('policy.subnet', subnet, { ipv4: true, ipv6: true });
  checkPrefix('subnet.ipv4', subnet.ipv4, 8, 32);
  checkPrefix('subnet.ipv6', subnet.ipv6, 32, 128);
}

function checkPrefix(name: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return;
  throw bad(name, `not a prefix length ${min}..${max}`, value);
}

function bad(name: string, why: string, value: unknown): SpamdSyncError {
  return badOption(`policy.${name}`, why, value);
}
