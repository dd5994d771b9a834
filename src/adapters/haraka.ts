import { type Clock, timedClock } from '../clock.ts';
import { type Attempt, attemptFrom, type Greylist, type Verdict } from '../index.ts';
import { badOption, checkFunction, checkMembers, checkMethods } from '../validate.ts';
import { oneLine } from './common/text.ts';
import { xGreylist } from './common/x-greylist.ts';

/**
 * The part of a Haraka `Address` that is used. Declared here, so that the types of this module need no other package.
 */
export interface HarakaAddress {
  /** As the client typed it, in its brackets. */
  readonly original: string;
}

/** The part of a Haraka plugin that results need. */
export interface HarakaPlugin {
  /** The name, without `haraka-plugin-`. */
  readonly name: string;
}

/** The part of the results of a Haraka transaction that is used. */
export interface HarakaResults {
  /** Adds the result of a plugin. */
  add(plugin: HarakaPlugin, result: HarakaResult): void;
}

/** The part of a Haraka transaction that is used. */
export interface HarakaTransaction {
  /** The sender. */
  readonly mail_from: HarakaAddress;
  /** The results of plugins. */
  readonly results: HarakaResults;
  /** Adds a header field to the message. */
  add_header(name: string, value: string): void;
}

/** The part of a Haraka connection that is used. */
export interface HarakaConnection {
  /** The end of the client. */
  readonly remote: {
    /** Its address. */
    readonly ip: string;
    /** Whether the address is of a private network or loopback. */
    readonly is_private?: boolean | undefined;
  };
  /** The end of this host. */
  readonly local: {
    /** The address that the client connected to. */
    readonly ip: string;
  };
  /** The greeting of the client. */
  readonly hello: {
    /** The argument of HELO or EHLO. */
    readonly host: string;
  };
  /** Whether the client may relay: it has logged in, or another plugin knows it. */
  readonly relaying?: boolean | undefined;
  /** The transaction; `null` if there is none. */
  readonly transaction?: HarakaTransaction | null | undefined;
}

/**
 * What the hooks add to the results of a transaction: the kind of result, and the reason of the verdict or the error.
 */
export type HarakaResult = Readonly<Partial<Record<'pass' | 'fail' | 'skip' | 'err', string>>>;

/** Ends a hook. It takes a number of haraka-constants and the reply; without them the next plugin has its turn. */
export type HarakaNext = (code?: number, reply?: object) => void;

/** Options of `harakaHooks`. */
export interface HarakaHooksOptions {
  /** The plugin, whose name is in the results. */
  readonly plugin: HarakaPlugin;
  /** Whether clients of private networks and loopback are greylisted too. Default `false`. */
  readonly private?: boolean | undefined;
  /** Whether a message that was delayed gets a header field `X-Greylist`. Default `true`. */
  readonly header?: boolean | undefined;
  /** Called with every verdict, before the client gets its reply; for a log. Errors that it throws are ignored. */
  readonly onVerdict?: ((verdict: Verdict, attempt: Attempt) => void) | undefined;
  /** The clock, for the date of the header field. Default: the system's. */
  readonly clock?: Clock | undefined;
}

/** The hooks of a plugin. Each calls `next` once, whatever happens, and none throws or rejects. */
export interface HarakaHooks {
  /**
   * For hook `rcpt`, with a negative priority, so that it runs before the recipient is looked up. A client that writes
   * to a spamtrap gets 550; the spamtrap need not exist as a recipient. Any other recipient is left to the plugins that
   * follow.
   */
  trap(next: HarakaNext, connection: HarakaConnection, params: readonly [HarakaAddress, ...unknown[]]): void;
  /** For hook `rcpt_ok`: 451 if the client has to come back, 550 if it is trapped. */
  check(next: HarakaNext, connection: HarakaConnection, rcpt: HarakaAddress): void;
  /** For hook `delivered`: a host to which mail was delivered by SMTP becomes white. */
  delivered(next: HarakaNext, hmail: unknown, params: readonly unknown[]): void;
}

// Of haraka-constants.
const DENY = 902;
const DENYSOFT = 903;

/** Haraka takes the code of a reply from an object whose class has this name. */
class DSN {
  /** Haraka looks at the name of the class, which a bundler may change. */
  static readonly name: string = 'DSN';
  readonly code: number;
  readonly reply: string;

  /** @param reply A reply, with its code. */
  constructor(reply: string) {
    this.code = Number(reply.slice(0, 3));
    this.reply = reply.slice(4);
  }
}

/**
 * The greylist that is asked: a `RemoteGreylist`, so that all processes of Haraka ask the same one, or one in this
 * process.
 */
export type HarakaGreylist = Pick<Greylist, 'check' | 'delivered'> & {
  /** The spamtraps. */
  readonly spamtraps: Pick<Greylist['spamtraps'], 'has'>;
};

/**
 * The greylist as hooks of a Haraka plugin. Clients that may relay pass, and so do clients without an IP address.
 *
 * @example
 * exports.register = function () {
 *   const greylist = new RemoteGreylist('/run/spamd-sync/control', { unref: true });
 *   const hooks = harakaHooks(greylist, { plugin: this });
 *   this.trap = hooks.trap;
 *   this.register_hook('rcpt', 'trap', -50);
 * };
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for an invalid greylist or option.
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
  /** The recipient of a transaction about which the greylist did not answer, and why, so that no client waits twice. */
  const unanswered = new WeakMap<HarakaTransaction, { readonly to: string; readonly error: unknown }>();

  /** The attempt to ask about, or why the greylist is not asked. */
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
