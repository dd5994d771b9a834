import type { AnnounceOptions, Entry } from '../entry.ts';
import { SpamdSyncError } from '../errors.ts';
import { type Calls, type Script, scriptOf } from './calls.ts';
import type { ForeignItems } from './foreign.ts';
import { asList, asNumber, asText } from './replies.ts';

/** One call of `announce`, as it waits in the queue. */
export interface Announcement {
  readonly id: string;
  readonly entries: readonly Entry[];
  readonly backdated: boolean;
}

/** The keys of a queue, of one slot. */
export interface QueueKeys {
  /** The stream. */
  readonly queue: string;
  /** How many bytes wait in it. */
  readonly bytes: string;
  /** How many calls found no room. */
  readonly trimmed: string;
}

/** What may wait; beyond that the oldest make room, and are counted. */
export interface QueueBounds {
  /** How many calls. */
  readonly maxQueued: number;
  /** How many bytes they take. */
  readonly maxBytes: number;
}

/** What an item takes in a stream besides its text, bytes. */
const OVERHEAD = 64;
/** So much of the queue is little, bytes: half a thousand of live calls, or some two of a greylist's repairs. */
const LITTLE = 2 ** 17;
/** But never more than this part of either bound. */
const LITTLE_PART = 4;

/**
 * What both scripts share. KEYS: those of {@link QueueKeys}. The bytes are counted beside the stream, as Redis can only
 * estimate them; whenever nothing waits they are 0 again, whatever was done to the stream by hand. A counter that is foreign
 * costs its count alone. Both scripts answer, for each key, whether it is a counter that is foreign.
 */
const SIZES = `
local function sizeOf(item)
  local size = ${OVERHEAD}
  for _, text in ipairs(item[2]) do size = size + #text end
  return size
end
local foreign = { 0, 0, 0 }
local function count(key, by)
  local sum = redis.pcall('INCRBY', KEYS[key], by)
  if type(sum) == 'number' then return sum end
  foreign[key] = 1
  return 0
end
local function take(id)
  local item = redis.call('XRANGE', KEYS[1], id, id == '-' and '+' or id, 'COUNT', 1)[1]
  if not item then return 0 end
  redis.call('XDEL', KEYS[1], item[1])
  return sizeOf(item)
end
`;

/** Queues a text (ARGV: it, how many items may wait, how many bytes). What may be refused, as Redis is full, comes first. */
const ADD = scriptOf(`${SIZES}
redis.call('XADD', KEYS[1], '*', 'announced', ARGV[1])
local length, size = redis.call('XLEN', KEYS[1]), sizeOf({ '', { 'announced', ARGV[1] } })
if length == 1 then redis.call('DEL', KEYS[2]) end
local bytes, trimmed = count(2, size), 0
while length > 1 and (length > tonumber(ARGV[2]) or bytes > tonumber(ARGV[3])) do
  bytes = count(2, -take('-'))
  length, trimmed = length - 1, trimmed + 1
end
if trimmed > 0 then count(3, trimmed) end
return foreign
`);

/** Removes items (ARGV: their ids). */
const REMOVE = scriptOf(`${SIZES}
local bytes = 0
for _, id in ipairs(ARGV) do bytes = bytes + take(id) end
if redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[2]) elseif bytes > 0 then count(2, -bytes) end
return foreign
`);

/** What the processes of one scope have to announce, in a stream, until it is said to be sent. */
export class Queue {
  readonly #calls: Calls;
  readonly #keys: QueueKeys;
  readonly #bounds: QueueBounds;
  readonly #foreign: ForeignItems;

  /** @param foreign Takes note of what is in the queue and was never announced: it is removed. */
  constructor(calls: Calls, keys: QueueKeys, bounds: QueueBounds, foreign: ForeignItems) {
    this.#calls = calls;
    this.#keys = keys;
    this.#bounds = bounds;
    this.#foreign = foreign;
  }

  /**
   * One call of `announce` as it is queued.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_TOO_LONG` for a call that takes more than all may.
   */
  textOf(entries: readonly Entry[], { backdated = false }: AnnounceOptions): string {
    const { maxBytes } = this.#bounds;
    const text = JSON.stringify([backdated, entries]);
    if (OVERHEAD + Buffer.byteLength(text) <= maxBytes) return text;
    throw new SpamdSyncError('ERR_SPAMD_TOO_LONG', `entries: more than the ${maxBytes} bytes that may be queued`);
  }

  /**
   * Queues a text of {@link textOf}, and makes room where too many wait. Several at once go to Redis together, and keep
   * their order.
   */
  async add(text: string): Promise<void> {
    const { maxQueued, maxBytes } = this.#bounds;
    await this.#run(ADD, [text, `${maxQueued}`, `${maxBytes}`]);
  }

  /** Whether so little waits that what is not urgent may be queued, too. */
  async holdsLittle(): Promise<boolean> {
    const { maxQueued, maxBytes } = this.#bounds;
    const { waiting, bytes } = await this.counts();
    return waiting <= maxQueued / LITTLE_PART && bytes <= Math.min(LITTLE, maxBytes / LITTLE_PART);
  }

  /**
   * Reads what waits, the oldest first. It stays there until it is removed. What was never announced is removed at once:
   * it would otherwise be in the way of what was. A queue of another type holds nothing.
   *
   * @param after The id behind which to read; all of it if there is none.
   */
  async read(count: number, after: string | undefined): Promise<readonly Announcement[]> {
    const { queue } = this.#keys;
    const from = after === undefined ? '-' : idAfter(after);
    const read = this.#calls.send(queue, ['XRANGE', queue, from, '+', 'COUNT', `${count}`]);
    const items = asList(await this.#foreign.passOver(queue, read, [])).map(parse);
    const foreign = items.filter(({ announcement }) => announcement === undefined).map(({ id }) => id);
    for (const id of foreign) this.#foreign.found(`${queue}: ${id}`);
    await this.remove(foreign);
    return items.flatMap(({ announcement }) => announcement ?? []);
  }

  /** Removes what was sent. */
  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#foreign.passOver(this.#keys.queue, this.#run(REMOVE, ids), undefined);
  }

  /** How many calls wait, how many bytes they take, and how many found no room. */
  async counts(): Promise<{ readonly waiting: number; readonly bytes: number; readonly trimmed: number }> {
    const { queue, bytes, trimmed } = this.#keys;
    const [waiting, size, count] = await Promise.all([
      this.#calls.send(queue, ['XLEN', queue]),
      this.#counter(bytes),
      this.#counter(trimmed),
    ]);
    return { waiting: asNumber(waiting), bytes: size, trimmed: count };
  }

  async #counter(key: string): Promise<number> {
    const text = await this.#foreign.passOver(key, this.#calls.send(key, ['GET', key]), undefined);
    // What is no number is foreign, and found when it is counted next.
    return Number(text ?? 0) || 0;
  }

  async #run(script: Script, args: readonly string[]): Promise<void> {
    const keys = [this.#keys.queue, this.#keys.bytes, this.#keys.trimmed];
    const foreign = asList(await this.#calls.run(script, this.#keys.queue, [`${keys.length}`, ...keys, ...args]));
    for (const [at, key] of keys.entries()) if (asNumber(foreign[at]) === 1) this.#foreign.found(key);
  }
}

/** Redis 6.0 has no ranges that leave out where they begin. */
function idAfter(id: string): string {
  const [time = '', number = ''] = id.split('-');
  return `${time}-${BigInt(number) + 1n}`;
}

/** @returns No announcement for what is none. */
function parse(item: unknown): { readonly id: string; readonly announcement: Announcement | undefined } {
  const [id, fields] = asList(item);
  return { id: asText(id), announcement: announcementOf(asText(id), asText(asList(fields)[1])) };
}

function announcementOf(id: string, text: string): Announcement | undefined {
  try {
    const [backdated, entries] = JSON.parse(text) as [unknown, unknown];
    if (typeof backdated !== 'boolean' || !Array.isArray(entries) || !entries.every(isEntry)) return undefined;
    return { id, backdated, entries };
  } catch {
    return undefined;
  }
}

/** Whether it may be an entry: what is wrong with one the peer says. */
function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && 'timestamp' in value && typeof value.timestamp === 'number';
}
