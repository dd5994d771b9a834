import { type Calls, scriptOf } from './calls.ts';
import type { Argument } from './connection.ts';
import { asList, asNumber, asText } from './replies.ts';

/**
 * Writes if everything stands as expected; otherwise answers what stands. The script does not know what the values
 * mean.
 * KEYS: the keys of the records, then the due index, then the set of spamtraps.
 * ARGV: the assumed time, or an empty string; what becomes of a member of the due index (a score, `-` to remove it,
 * empty to leave it), and the member; the number of recipients that follow; the recipients, which must not be
 * spamtraps; then for each record what is expected (empty: no record), what is put (empty: the record is left, `-`: it
 * is deleted), and when it expires (Unix ms).
 *
 * A Redis that is full refuses the first write of a script and no other. So the writes that take room come first, and
 * either all or nothing is written. If it refuses, the script answers what stands, which can still be read. A key of
 * another type affects nothing but itself.
 */
const SCRIPT = scriptOf(`
local time = redis.call('TIME')
local from, stands, traps, foreign = 4 + ARGV[4], {}, {}, 0
local count = (#ARGV - from) / 3
local same = ARGV[1] == '' or math.abs(time[1] - ARGV[1]) <= 1
local function isForeign(reply)
  if type(reply) ~= 'table' or not reply.err then return false end
  if not string.find(reply.err, 'WRONGTYPE', 1, true) then error(reply.err) end
  return true
end
for i = 1, count do
  local stand = redis.pcall('GET', KEYS[i])
  stands[i] = isForeign(stand) and 0 or stand or ''
  same = same and stands[i] == ARGV[from + 3 * i - 2]
end
for i = 5, from do
  local is = redis.pcall('SISMEMBER', KEYS[count + 2], ARGV[i])
  if isForeign(is) then is, foreign = 0, 1 end
  traps[i - 4] = is
  same = same and is == 0
end
if not same then return { 0, time[1], time[2], stands, traps, foreign } end
local refused
local function write(...)
  local reply = not refused and redis.pcall(...)
  if type(reply) == 'table' and reply.err then refused = reply.err end
end
for i = 1, count do
  local value, expiry = ARGV[from + 3 * i - 1], ARGV[from + 3 * i]
  if value ~= '' and value ~= '-' then
    write('SET', KEYS[i], value)
    if expiry ~= '' then write('PEXPIREAT', KEYS[i], expiry) end
  end
end
for i = 1, count do
  if ARGV[from + 3 * i - 1] == '-' then write('DEL', KEYS[i]) end
end
if refused then return { 2, time[1], time[2], stands, traps, foreign, refused } end
if ARGV[2] == '-' then write('ZREM', KEYS[count + 1], ARGV[3])
elseif ARGV[2] ~= '' then write('ZADD', KEYS[count + 1], ARGV[2], ARGV[3]) end
if refused and string.find(refused, 'WRONGTYPE', 1, true) then foreign = foreign + 2 end
if foreign == 0 then return { 1, time[1], time[2] } end
return { 1, time[1], time[2], {}, {}, foreign }
`);

/** No value that is kept is equal to this, so it can stand for no value. */
const DELETED = '-';

/** What is expected of one key, and what becomes of it. */
export interface Exchange {
  readonly key: string;
  /** What the key has to hold for anything to be written at all; `undefined`: nothing. */
  readonly expected: Argument | undefined;
  /** What the key is to hold; `null`: nothing. `undefined` leaves it as it is. */
  readonly value: Argument | null | undefined;
  /** When the value expires, Unix milliseconds; `undefined`: never. */
  readonly expiresAtMs?: number | undefined;
}

/** What else is expected and written. */
export interface ExchangeOptions {
  /** The time that was assumed, whole Unix seconds. The server's time may differ from it by a second at the most. */
  readonly assumed: number | undefined;
  /** What becomes of a member of the due index: its score, or `null` to remove it; `undefined` leaves it. */
  readonly due: { readonly index: string; readonly member: string; readonly score: number | null | undefined };
  /** Recipients that must not be spamtraps, and the set of spamtraps. */
  readonly spamtraps: { readonly set: string; readonly recipients: readonly string[] } | undefined;
}

/** What a key holds: text, nothing (`undefined`), or something of another type (`null`). */
export type Stand = string | null | undefined;

/** What became of an exchange. */
export interface Exchanged {
  /**
   * `done`: everything stood as expected, and was written. `changed`: something else stands, and nothing was written.
   * `refused`: everything stood as expected, but Redis takes no writes, and nothing was written.
   */
  readonly outcome: 'done' | 'changed' | 'refused';
  /** The server's time, Unix seconds with microseconds. */
  readonly time: number;
  /** What stands, in the order of the exchanges; empty when done. */
  readonly stands: readonly Stand[];
  /** Whether each recipient is a spamtrap; empty when done. */
  readonly trapped: readonly boolean[];
  /**
   * Which of the other keys are of another type. With `spamtraps` no recipient is a spamtrap, with `due` nothing is
   * indexed.
   */
  readonly foreign: readonly ('spamtraps' | 'due')[];
  /** Why the write was refused. */
  readonly refused: string;
}

const OUTCOMES = ['changed', 'done', 'refused'] as const;
const FOREIGN: readonly Exchanged['foreign'][] = [[], ['spamtraps'], ['due'], ['spamtraps', 'due']];

/**
 * Writes new values for some keys of one slot if each holds what is expected, in one atomic operation.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_STORE`
 */
export async function compareAndSet(
  calls: Calls,
  exchanges: readonly Exchange[],
  { assumed, due, spamtraps }: ExchangeOptions,
): Promise<Exchanged> {
  const keys = exchanges.map(({ key }) => key);
  keys.push(due.index);
  if (spamtraps !== undefined) keys.push(spamtraps.set);
  const recipients = spamtraps?.recipients ?? [];
  const operands: Argument[] = [`${keys.length}`, ...keys, assumed === undefined ? '' : `${assumed}`];
  operands.push(scoreText(due.score), due.member, `${recipients.length}`, ...recipients);
  for (const { expected = '', value, expiresAtMs } of exchanges) {
    operands.push(
      expected,
      value === null ? DELETED : (value ?? ''),
      expiresAtMs === undefined ? '' : `${expiresAtMs}`,
    );
  }
  const reply = asList(await calls.run(SCRIPT, keys[0] ?? '', operands));
  const [outcome, seconds, microseconds, stands = [], trapped = [], foreign = 0, refused = ''] = reply;
  return {
    outcome: OUTCOMES[asNumber(outcome)] ?? 'changed',
    time: asNumber(seconds) + asNumber(microseconds) / 1e6,
    stands: asList(stands).map(standOf),
    trapped: asList(trapped).map((is) => asNumber(is) === 1),
    foreign: FOREIGN[asNumber(foreign)] ?? [],
    refused: asText(refused),
  };
}

/** The script answers a number for a key of another type. */
function standOf(stand: unknown): Stand {
  return typeof stand === 'number' ? null : asText(stand) || undefined;
}

function scoreText(score: number | null | undefined): string {
  return score === undefined ? '' : score === null ? DELETED : `${score}`;
}
