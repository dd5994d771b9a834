import { type Clock, timedClock } from '../clock.ts';
import { type Attempt, attemptFrom, type Greylist, type Verdict } from '../index.ts';
import { badOption, checkFunction, checkMembers, checkMethods } from '../validate.ts';
import { oneLine } from './common/text.ts';
import { xGreylist } from './common/x-greylist.ts';

/** What is needed of a Haraka `Address`. The types of this module need no other package's. */
export interface HarakaAddress {
  /** As the client typed it, in its brackets. */
  readonly original: string;
}

/** A Haraka plugin, as results go by it. */
export interface HarakaPlugin {
  /** Without `haraka-plugin-`. */
  readonly name: string;
}

/** What is needed of the results of a Haraka transaction. */
export interface HarakaResults {
  /** Adds what a plugin found. */
  add(plugin: HarakaPlugin, result: HarakaResult): void;
}

/** What is needed of a Haraka transaction. */
export interface HarakaTransaction {
  /** The sender. */
  readonly mail_from: HarakaAddress;
  /** Where plugins say what they found. */
  readonly results: HarakaResults;
  /** Adds a header field to the message. */
  add_header(name: string, value: string): void;
}

/** What is needed of a Haraka connection. */
export interface HarakaConnection {
  /** Where the client is. */
  readonly remote: {
    /** Its address. */
    readonly ip: string;
    /** Whether that is of a private network or loopback. */
    readonly is_private?: boolean | undefined;
  };
  /** Where the client connected to. */
  readonly local: {
    /** The address. */
    readonly ip: string;
  };
  /** The greeting of the client. */
  readonly hello: {
    /** The argument of HELO or EHLO. */
    readonly host: string;
  };
  /** Whether the client may relay: it has logged in, or another plugin knows it. */
  readonly relaying?: boolean | undefined;
  /** `null` where there is none. */
  readonly transaction?: HarakaTransaction | null | undefined;
}

/** What the hooks say in the results of a transaction: which of them, and the reason of the verdict or what was wrong. */
export type HarakaResult = Readonly<Partial<Record<'pass' | 'fail' | 'skip' | 'err', string>>>;

/** Ends a hook: a number of haraka-constants and what to reply, nothing for the next plugin's turn. */
export type HarakaNext = (code?: number, reply?: object) => void;

/** Options of `harakaHooks`. */
export interface HarakaHooksOptions {
  /** Whose name is in the results: the plugin. */
  readonly plugin: HarakaPlugin;
  /** Whether clients of private networks and loopback are greylisted too. Default `false`. */
  readonly private?: boolean | undefined;
  /** Whether a message that was delayed gets a header field `X-Greylist`. Default `true`. */
  readonly header?: boolean | undefined;
  /** Told every verdict before the client is, for a log. What it throws is ignored. */
  readonly onVerdict?: ((verdict: Verdict, attempt: Attempt) => void) | undefined;
  /** For the date of the header field. Default the system's. */
  readonly clock?: Clock | undefined;
}

/** The hooks of a plugin. Each calls `next` once, whatever happens, and none throws or rejects. */
export interface HarakaHooks {
  /**
   * For hook `rcpt`, with a negative priority, so that it comes before the recipient is looked up: 550 for who writes to a
   * spamtrap, which need not exist. Any other recipient is left to the plugins behind.
   */
  trap(next: HarakaNext, connection: HarakaConnection, params: readonly [HarakaAddress, ...unknown[]]): void;
  /** For hook `rcpt_ok`: 451 for who has to come back, 550 for who is trapped. */
  check(next: HarakaNext, connection: HarakaConnection, rcpt: HarakaAddress): void;
  /** For hook `delivered`: to whom mail was delivered by SMTP is white. */
  delivered(next: HarakaNext, hmail: unknown, params: readonly unknown[]): void;
}

// Of haraka-constants.
const DENY = 902;
const DENYSOFT = 903;

/** Haraka takes the code of a reply from an object whose class has this name. */
class DSN {
  /** Haraka goes by the name, which a bundler may change. */
  static readonly name: string = 'DSN';
  readonly code: number;
  readonly reply: string;

  /** @param reply With its code. */
  constructor(reply: string) {
    this.code = Number(reply.slice(0, 3));
    this.reply = reply.slice(4);
  }
}

/** A greylist that Haraka can ask: a `RemoteGreylist`, so that all its processes ask the same, or one in this process. */
export type HarakaGreylist = Pick<Greylist, 'check' | 'delivered'> & {
  /** The spamtraps. */
  readonly spamtraps: Pick<Greylist['spamtraps'], 'has'>;
};

/**
 * The greylist as hooks of a Haraka plugin. Who may relay passes, and who has no IP address.
 *
 * @example
 * exports.register = function () {
 *   const greylist = new RemoteGreylist('/run/spamd-sync/control', { unref: true });
 *   const hooks = harakaHooks(greylist, { plugin: this });
 *   this.trap = hooks.trap;
 *   this.register_hook('rcpt', 'trap', -50);
 * };
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for what is not a greylist, and for an invalid option.
 */
export function harakaHooks(greylist: HarakaGreylist, options: HarakaHooksOptions): HarakaHooks {
  checkMethods('greylist', greylist, ['check', 'delivered']);
  checkMembers('options', options, { plugin: true, private: true, header: true, onVerdict: true, clock: true });
  const { plugin, private: isPrivateToo = false, header = true, onVerdict } = options;
  if (typeof plugin?.name !== 'string') throw badOption('plugin', 'has no name', plugin);
  if (typeof isPrivateToo !== 'boolean') throw badOption('private', 'not true or false', isPrivateToo);
  if (typeof header !== 'boolean') throw badOption('header', 'not true or false', header);
  checkFunction('onVerdict', onVerdict);
  const clock = timedClock(options.clock);
  /** About which recipient of a transaction the greylist did not answer, and why, so that it is not waited for twice. */
  const unanswered = new WeakMap<HarakaTransaction, { readonly to: string; readonly error: unknown }>();

  /** Why a recipient is not asked about, or what to ask. */
  const attemptOf = (connection: HarakaConnection, from: HarakaAddress, to: HarakaAddress): Attempt | string => {
    const { remote, local, hello, relaying } = connection;
    if (relaying) return 'relaying';
    if (remote.is_private && !isPrivateToo) return 'private';
    const reported = { ip: remote.ip, helo: hello.host, from: from.original, to: to.original, connectedTo: local.ip };
    return attemptFrom(reported) ?? 'no IP address';
  };

  const decide = async (attempt: Attempt, check: () => Promise<Verdict>): Promise<Verdict> => {
    const verdict = await check().catch((error: unknown) => undecided(error));
    try {
      onVerdict?.(verdict, attempt);
    } catch {}
    return verdict;
  };

  const answer = (next: HarakaNext, transaction: HarakaTransaction, verdict: Verdict): void => {
    transaction.results.add(plugin, resultOf(verdict));
    if (verdict.action === 'pass') {
      if (header && verdict.reason === 'retry')
        transaction.add_header('X-Greylist', xGreylist(verdict.waited, clock.now()));
      next();
    } else next(verdict.action === 'reject' ? DENY : DENYSOFT, new DSN(oneLine(verdict.reply)));
  };

  return {
    trap(next, connection, [rcpt]) {
      const { transaction } = connection;
      const attempt = transaction ? attemptOf(connection, transaction.mail_from, rcpt) : '';
      if (!transaction || typeof attempt === 'string') return next();
      const sprung = async (): Promise<Verdict | undefined> => {
        const isSpamtrap = await greylist.spamtraps.has(attempt.to);
        return isSpamtrap ? decide(attempt, () => greylist.check(attempt)) : undefined;
      };
      const unknown = (error: unknown): undefined => void unanswered.set(transaction, { to: attempt.to, error });
      void sprung()
        .catch(unknown)
        .then((verdict) => (verdict?.action === 'reject' ? answer(next, transaction, verdict) : next()));
    },

    check(next, connection, rcpt) {
      const { transaction } = connection;
      if (!transaction) return next();
      const attempt = attemptOf(connection, transaction.mail_from, rcpt);
      if (typeof attempt === 'string') {
        transaction.results.add(plugin, { skip: attempt });
        return next();
      }
      const known = unanswered.get(transaction);
      unanswered.delete(transaction);
      const check = () => (known?.to === attempt.to ? Promise.reject(known.error) : greylist.check(attempt));
      void decide(attempt, check).then((verdict) => answer(next, transaction, verdict));
    },

    delivered(next, _hmail, [, ip, , , , mode]) {
      if (mode !== 'LMTP' && typeof ip === 'string') greylist.delivered(ip).catch(() => {});
      next();
    },
  };
}

function undecided(thrown: unknown): Verdict {
  return { action: 'pass', reason: 'error', error: thrown instanceof Error ? thrown : new Error(String(thrown)) };
}

function resultOf({ action, reason, error }: Verdict): HarakaResult {
  if (reason === 'error') return { err: error.message };
  return action === 'pass' ? { pass: reason } : { fail: reason };
}
