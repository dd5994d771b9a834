import { type TimedClock, timedClock } from '../clock.ts';
import { attemptFrom, type Greylist, type Verdict } from '../index.ts';
import { type StreamAddress, StreamServer } from '../stream-server.ts';
import { badOption, checkMembers, checkMethods, isList } from '../validate.ts';
import { Conversation, type DropReason, type Talk } from './common/conversation.ts';
import { checkedListenAt, LISTEN_MEMBERS, type ListenAt } from './common/listen.ts';
import { servedBy } from './common/served.ts';
import { oneLine } from './common/text.ts';
import { xGreylist } from './common/x-greylist.ts';
import { MAX_REQUEST, type PolicyRequest, RequestReader } from './postfix/request.ts';

export type { StreamAddress } from '../stream-server.ts';
export type { DropReason } from './common/conversation.ts';
export type { ListenAt } from './common/listen.ts';

/** An attribute of a request that is empty unless the client has authenticated. */
export type AuthenticationAttribute = 'sasl_username' | 'ccert_fingerprint';

/** Options of `servePolicy`. */
export interface ServePolicyOptions extends ListenAt {
  /**
   * If one of these attributes is not empty, the client passes, and the greylist is not asked. Default
   * `['sasl_username']`, because Postfix sets `ccert_fingerprint` for any certificate, whoever signed it.
   */
  readonly authenticatedBy?: readonly AuthenticationAttribute[] | undefined;
}

/** Counters since a policy server was opened. They only ever grow, except for `connections`. */
export interface PolicyServerStats {
  /** Connections that are open; a gauge. */
  readonly connections: number;
  /** Connections that were refused because of `maxConnections`. */
  readonly refused: number;
  /** Requests that came in. */
  readonly requests: number;
  /** Values that were longer than 2048 bytes, and were cut. */
  readonly cut: number;
  /**
   * Requests that were answered DUNNO without asking the greylist. `state`: the stage is not RCPT. `authenticated`: the
   * client has authenticated, see `authenticatedBy`. `address`: the client has no IP address.
   */
  readonly skipped: Readonly<Record<'state' | 'authenticated' | 'address', number>>;
  /**
   * Connections that were ended without an answer. `malformed`: something that is not a request came in. `oversize`: a
   * request over 64 KiB came in. `timeout`: the client was too slow, or idle for ten minutes. `error`: the greylist
   * rejected.
   */
  readonly dropped: Readonly<Record<DropReason, number>>;
}

/** A policy server that is open. */
export interface PolicyServer extends AsyncDisposable {
  /** Where it listens. */
  readonly address: StreamAddress;
  /** The counters so far. */
  stats(): PolicyServerStats;
  /**
   * Takes no more connections or requests. Answers those under way, for two seconds at most, and ends all connections.
   * Does not close the greylist. Idempotent.
   */
  close(): Promise<void>;
}

/** Leaves the decision to the restrictions that follow in Postfix. */
const PASS = 'DUNNO';
/** How long a connection may be idle, seconds. Postfix ends its own after 300 (smtpd_policy_service_max_idle). */
const IDLE = 600;
/** How many messages are remembered that have their header field already. */
const MAX_INSTANCES = 1000;
/** How many characters of an instance are kept. Those of Postfix have some thirty. */
const MAX_INSTANCE = 64;

/**
 * The greylist as a policy server of Postfix (SMTPD_POLICY_README), for `check_policy_service`; also for Exim's
 * `readsocket`. It answers `DUNNO` if the client may pass, `DEFER_IF_PERMIT` if it has to come back, 550 if it is
 * trapped. A message that was delayed gets a header field `X-Greylist`.
 *
 * @example
 * const server = await servePolicy(greylist, { path: '/var/spool/postfix/private/spamd-sync' });
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a greylist without a method `check`, and for an invalid option;
 * `ERR_SPAMD_LISTEN` if another process answers on the path, something else than a socket is there, or it cannot
 * listen.
 */
export async function servePolicy(
  greylist: Pick<Greylist, 'check'>,
  options: ServePolicyOptions,
): Promise<PolicyServer> {
  checkMethods('greylist', greylist, ['check']);
  checkMembers('options', options, { ...LISTEN_MEMBERS, authenticatedBy: true });
  const { at, maxConnections } = checkedListenAt(options);
  const clock = timedClock(options.clock);
  const service = new Service(greylist, checkedAttributes(options.authenticatedBy), clock);
  const server = await StreamServer.listen(at, {
    maxConnections,
    clock,
    allowHalfOpen: true,
    connect: (socket) => new Conversation(socket, service.talk(), service.counts, clock),
  });
  return servedBy(server, () => {
    const { requests, cut, dropped } = service.counts;
    return { requests, cut, skipped: { ...service.skipped }, dropped: { ...dropped } };
  });
}

class Service {
  readonly #clock: TimedClock;
  readonly counts = { requests: 0, cut: 0, dropped: { malformed: 0, oversize: 0, timeout: 0, error: 0 } };
  readonly skipped = { state: 0, authenticated: 0, address: 0 };
  readonly #greylist: Pick<Greylist, 'check'>;
  readonly #authenticatedBy: readonly AuthenticationAttribute[];
  /** Messages that have their header field, the newest last. */
  readonly #instances = new Set<string>();

  constructor(
    greylist: Pick<Greylist, 'check'>,
    authenticatedBy: readonly AuthenticationAttribute[],
    clock: TimedClock,
  ) {
    this.#greylist = greylist;
    this.#authenticatedBy = authenticatedBy;
    this.#clock = clock;
  }

  /** How one connection is answered. */
  talk(): Talk<PolicyRequest> {
    const reader = new RequestReader(this.counts);
    const respond = async (request: PolicyRequest) => `action=${await this.#actionFor(request)}\n\n`;
    return { reader, maxMessage: MAX_REQUEST, idle: IDLE, respond };
  }

  async #actionFor(request: PolicyRequest): Promise<string> {
    if (request.protocol_state !== 'RCPT') return this.#skip('state');
    if (this.#authenticatedBy.some((name) => request[name])) return this.#skip('authenticated');
    const attempt = attemptFrom({
      ip: request.client_address,
      helo: request.helo_name,
      from: request.sender,
      to: request.recipient,
      connectedTo: request.server_address,
    });
    if (attempt === undefined) return this.#skip('address');
    return this.#actionOf(await this.#greylist.check(attempt), request);
  }

  #skip(why: keyof PolicyServerStats['skipped']): string {
    this.skipped[why]++;
    return PASS;
  }

  #actionOf(verdict: Verdict, { instance = '' }: PolicyRequest): string {
    if (verdict.action === 'reject') return oneLine(verdict.reply);
    // `DEFER_IF_PERMIT` replaces the code, so that a later restriction can still refuse the recipient for good.
    if (verdict.action === 'defer') return `DEFER_IF_PERMIT ${oneLine(verdict.reply.slice(4))}`;
    if (verdict.waited === undefined || !this.#isFirst(instance.slice(0, MAX_INSTANCE))) return PASS;
    return `PREPEND X-Greylist: ${xGreylist(verdict.waited, this.#clock.now())}`;
  }

  /** Whether a message comes for the first time. It comes once for each recipient, over any connection. */
  #isFirst(instance: string): boolean {
    if (instance === '') return true;
    if (this.#instances.has(instance)) return false;
    this.#instances.add(instance);
    for (const oldest of this.#instances) {
      if (this.#instances.size <= MAX_INSTANCES) break;
      this.#instances.delete(oldest);
    }
    return true;
  }
}

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` */
function checkedAttributes(
  names: readonly AuthenticationAttribute[] = ['sasl_username'],
): readonly AuthenticationAttribute[] {
  const known: readonly unknown[] = ['sasl_username', 'ccert_fingerprint'];
  if (isList(names) && [...names].every((name) => known.includes(name))) return [...names];
  throw badOption('authenticatedBy', `not a list of ${known.join(', ')}`, names);
}
