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

/** The keys of a queue, all of one slot. */
export interface QueueKeys {
  /** The stream. */
  readonly queue: string;
  /** How many bytes wait in it. */
  readonly bytes: string;
  /** How many calls were forced out for lack of room. */
  readonly trimmed: string;
}

/** How much may wait. Beyond that the oldest calls are removed, and counted. */
export interface QueueBounds {
  /** How many calls. */
  readonly maxQueued: number;
  /** How many bytes they take. */
  readonly maxBytes: number;
}

/** What an item takes in a stream besides its text, bytes. */
const OVERHEAD = 64;
/** A queue of at most so many bytes holds little: half a thousand live calls, or some two of a greylist's repairs. */
const LITTLE = 2 ** 17;
/** A queue of more than one part in so many of either bound never holds little. */
const LITTLE_PART = 4;

/**
 * The part that both scripts share. KEYS: those of {@link QueueKeys}. The bytes are counted beside the stream, since
 * Redis can only estimate them. Whenever nothing waits the counter is 0 again, whatever was done to the stream by hand.
 * If a counter is foreign, only its count is lost. Both scripts answer, for each key, whether it is a foreign counter.
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

/**
 * Queues a text (ARGV: the text, how many items may wait, how many bytes). The write that a full Redis may refuse comes
 * first.
 */
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

/** The announcements of the processes of one scope. They wait in a stream until they are reported as sent. */
export class Queue {
  readonly #calls: Calls;
  readonly #keys: QueueKeys;
  readonly #bounds: QueueBounds;
  readonly #foreign: ForeignItems;

  /** @param foreign Takes note of items in the queue that were never announced. They are removed. */
  constructor(calls: Calls, keys: QueueKeys, bounds: QueueBounds, foreign: ForeignItems) {
    this.#calls = calls;
    this.#keys = keys;
    this.#bounds = bounds;
    this.#foreign = foreign;
  }

  /**
   * One call of `announce` as it is queued.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_TOO_LONG` for a call that takes more bytes than all calls together may.
   */
  textOf(entries: readonly Entry[], { backdated = false }: AnnounceOptions): string {
    const { maxBytes } = this.#bounds;
    const text = JSON.stringify([backdated, entries]);
    if (OVERHEAD + Buffer.byteLength(text) <= maxBytes) return text;
    throw new SpamdSyncError('ERR_SPAMD_TOO_LONG', `entries: more than the ${maxBytes} bytes that may be queued`);
  }

  /**
   * Queues a text of {@link textOf}, and makes room if too many wait. Calls at the same time go to Redis together, and
   * keep their order.
   */
  async add(text: string): Promise<void> {
    const { maxQueued, maxBytes } = this.#bounds;
    await this.#run(ADD, [text, `${maxQueued}`, `${maxBytes}`]);
  }

  /** Whether so little waits that announcements that are not urgent may be queued, too. */
  async holdsLittle(): Promise<boolean> {
    const { maxQueued, maxBytes } = this.#bounds;
    const { waiting, bytes } = await this.counts();
    return waiting <= maxQueued / LITTLE_PART && bytes <= Math.min(LITTLE, maxBytes / LITTLE_PART);
  }

  /**
   * Reads the announcements that wait, the oldest first. They stay in the queue until they are removed. Items that were
   * never announced are removed at once: otherwise they would be in the way of announcements. A key of another type
   * counts as an empty queue.
   *
   * @param after The id behind which to read; `undefined`: from the beginning.
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

  /** Removes announcements that were sent. */
  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#foreign.passOver(this.#keys.queue, this.#run(REMOVE, ids), undefined);
  }

  /** How many calls wait, how many bytes they take, and how many were forced out. */
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
    // A counter that is not a number is foreign. That is found when a script counts next.
    return Number(text ?? 0) || 0;
  }

  async #run(script: Script, args: readonly string[]): Promise<void> {
    const keys = [this.#keys.queue, this.#keys.bytes, this.#keys.trimmed];
    const foreign = asList(await this.#calls.run(script, this.#keys.queue, [`${keys.length}`, ...keys, ...args]));
    for (const [at, key] of keys.entries()) if (asNumber(foreign[at]) === 1) this.#foreign.found(key);
  }
}

/** The id that follows another. Redis 6.0 has no ranges that leave out the id where they begin. */
function idAfter(id: string): string {
  const [time = '', number = ''] = id.split('-');
  return `${time}-${BigInt(number) + 1n}`;
}

/** @returns No announcement if the item is not one. */
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

/** Whether a value may be an entry. The peer reports what is wrong with it. */
function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && 'timestamp' in value && typeof value.timestamp === 'number';
}
