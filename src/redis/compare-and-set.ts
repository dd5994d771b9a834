import { createHash } from 'node:crypto';
import type { Calls } from './calls.ts';
import type { Argument } from './connection.ts';
import { asList, asNumber, asText } from './replies.ts';

/**
 * Writes if everything stands as expected, and says what stands otherwise. It knows nothing of what the values mean.
 * KEYS: those of the records, then the due index, then the set of spamtraps.
 * ARGV: the assumed time or nothing; what becomes of the due index (a score, `-` to remove, nothing) and its member; how
 * many recipients follow, which must be no spamtraps; then for each record what is expected (nothing: absent), what is put
 * (nothing: left, `-`: deleted), and when it expires (Unix ms, or `+` and ms from now).
 */
const TEXT = `
local time = redis.call('TIME')
local from, stands, traps = 4 + ARGV[4], {}, {}
local count = (#ARGV - from) / 3
local same = ARGV[1] == '' or math.abs(time[1] - ARGV[1]) <= 1
for i = 1, count do
  stands[i] = redis.call('GET', KEYS[i]) or ''
  same = same and stands[i] == ARGV[from + 3 * i - 2]
end
for i = 5, from do
  traps[i - 4] = redis.call('SISMEMBER', KEYS[count + 2], ARGV[i])
  same = same and traps[i - 4] == 0
end
if not same then return { 0, time[1], time[2], stands, traps } end
for i = 1, count do
  local key, value, expiry = KEYS[i], ARGV[from + 3 * i - 1], ARGV[from + 3 * i]
  if value == '-' then redis.call('DEL', key) elseif value ~= '' then redis.call('SET', key, value) end
  if expiry ~= '' then redis.call(string.sub(expiry, 1, 1) == '+' and 'PEXPIRE' or 'PEXPIREAT', key, (string.gsub(expiry, '+', ''))) end
end
if ARGV[2] == '-' then redis.call('ZREM', KEYS[count + 1], ARGV[3])
elseif ARGV[2] ~= '' then redis.call('ZADD', KEYS[count + 1], ARGV[2], ARGV[3]) end
return { 1, time[1], time[2] }
`;

const SCRIPT = { text: TEXT, digest: createHash('sha1').update(TEXT).digest('hex') };

/** No value that is kept is this, so it stands for none. */
const DELETED = '-';

/** What is expected of one key, and what becomes of it. */
export interface Exchange {
  readonly key: string;
  /** What it holds, for anything to be written at all; `undefined`: nothing. */
  readonly expected: Argument | undefined;
  /** What it is to hold; `null`: nothing. `undefined` leaves it as it is. */
  readonly value: Argument | null | undefined;
  /** When that expires, Unix milliseconds, or from now; never if there is none. */
  readonly expires?: { readonly atMs: number } | { readonly inMs: number } | undefined;
}

/** What else is expected and written. */
export interface ExchangeOptions {
  /** The time that was assumed, whole Unix seconds: the server's differs by a second at the most. */
  readonly assumed?: number | undefined;
  /** What becomes of a member of the due index: its score, or `null` to remove it; `undefined` leaves it. */
  readonly due?: { readonly index: string; readonly member: string; readonly score: number | null | undefined };
  /** Recipients that must be no spamtraps, and the set of those. Needs `due`, whose index stands before it. */
  readonly spamtraps?: { readonly set: string; readonly recipients: readonly string[] } | undefined;
}

/** What became of an exchange. */
export interface Exchanged {
  /** Whether everything stood as expected, and so was written. */
  readonly done: boolean;
  /** The server's time, Unix seconds with microseconds. */
  readonly time: number;
  /** What stands, in the order of the exchanges; empty when done. */
  readonly stands: readonly (string | undefined)[];
  /** Whether each recipient is a spamtrap; empty when done. */
  readonly trapped: readonly boolean[];
}

/**
 * Writes new values for some keys of one slot if each holds what is expected, in one atomic operation.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_STORE`
 */
export async function compareAndSet(
  calls: Calls,
  exchanges: readonly Exchange[],
  { assumed, due, spamtraps }: ExchangeOptions = {},
): Promise<Exchanged> {
  const keys = exchanges.map(({ key }) => key);
  if (due !== undefined) keys.push(due.index);
  if (spamtraps !== undefined) keys.push(spamtraps.set);
  const recipients = spamtraps?.recipients ?? [];
  const operands: Argument[] = [`${keys.length}`, ...keys, assumed === undefined ? '' : `${assumed}`];
  operands.push(scoreText(due?.score), due?.member ?? '', `${recipients.length}`, ...recipients);
  for (const { expected = '', value, expires } of exchanges) {
    operands.push(expected, value === null ? DELETED : (value ?? ''), expiryText(expires));
  }
  const [done, seconds, microseconds, stands, trapped] = asList(await calls.run(SCRIPT, keys[0] ?? '', operands));
  const time = asNumber(seconds) + asNumber(microseconds) / 1e6;
  if (asNumber(done) === 1) return { done: true, time, stands: [], trapped: [] };
  return {
    done: false,
    time,
    stands: asList(stands).map((value) => asText(value) || undefined),
    trapped: asList(trapped).map((is) => asNumber(is) === 1),
  };
}

function scoreText(score: number | null | undefined): string {
  return score === undefined ? '' : score === null ? DELETED : `${score}`;
}

function expiryText(expires: Exchange['expires']): string {
  if (expires === undefined) return '';
  return 'atMs' in expires ? `${expires.atMs}` : `+${expires.inMs}`;
}
