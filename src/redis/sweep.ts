import type { Due } from '../store/store.ts';
import type { Calls } from './calls.ts';
import type { Keys } from './keys.ts';
import { PRUNE_ADDRESS, PRUNE_TUPLE, TAKE_DUE } from './lua/steps.ts';
import { asList, asNumber, asText, asTexts } from './records.ts';
import { namesOf } from './scan.ts';
import { scriptOf } from './script.ts';
import { slotTags } from './slots.ts';

const takeDue = scriptOf(TAKE_DUE);
const pruneAddress = scriptOf(PRUNE_ADDRESS);
const pruneTuple = scriptOf(PRUNE_TUPLE);

/** How many addresses of an index are looked at in one go, and how many indexes of a cluster. */
const PAGE = 100;
const INDEXES = 64;

export interface DueOptions {
  readonly now: number;
  readonly trapWins: boolean;
  readonly server: boolean;
  readonly cluster: boolean;
}

/** The addresses whose announced expiry has passed while they still hold; each is given to one caller alone. */
export async function takeAllDue(calls: Calls, keys: Keys, options: DueOptions): Promise<Due[]> {
  if (!options.cluster) return takeFrom(calls, keys, keys.due(''), options);
  const due: Due[] = [];
  const indexes = slotTags().map((tag) => keys.dueByTag(tag));
  for (let from = 0; from < indexes.length; from += INDEXES) {
    const some = indexes.slice(from, from + INDEXES);
    const found = await Promise.all(some.map((index) => takeFrom(calls, keys, index, options)));
    due.push(...found.flat());
  }
  return due;
}

async function takeFrom(
  calls: Calls,
  keys: Keys,
  index: string,
  { now, trapWins, server }: DueOptions,
): Promise<Due[]> {
  const due: Due[] = [];
  const rules = [`${now}`, trapWins ? '1' : '0', server ? '1' : '0'];
  let kept = 0;
  for (;;) {
    const range = ['ZRANGEBYSCORE', index, '-inf', `${now}`, 'LIMIT', `${kept}`, `${PAGE}`];
    const ips = asTexts(await calls.send(index, range));
    const taken = await Promise.all(
      ips.map(async (ip) => asList(await calls.run(takeDue, [keys.address(ip), index], [ip, ...rules]))),
    );
    for (const [at, [what, type, since, until]] of taken.entries()) {
      if (asText(what) === 'kept') kept++;
      if (asText(what) !== 'due') continue;
      const state = asText(type) === 'white' ? 'white' : 'trapped';
      due.push({ ip: ips[at] as string, type: state, at: asNumber(since), until: asNumber(until) });
    }
    if (ips.length < PAGE) return due;
  }
}

/** Removes what has expired by the caller's clock. @returns How many records that were. */
export async function pruneAll(calls: Calls, keys: Keys, now: number): Promise<number> {
  let removed = 0;
  for await (const names of namesOf(calls, keys, 'tuple')) {
    removed += sum(await Promise.all(names.map((name) => calls.run(pruneTuple, [name], [`${now}`]))));
  }
  for await (const names of namesOf(calls, keys, 'address')) {
    const pruned = names.map((name) => {
      const ip = keys.ofAddress(name);
      return calls.run(pruneAddress, [name, keys.due(ip)], [ip, `${now}`]);
    });
    removed += sum(await Promise.all(pruned));
  }
  return removed;
}

function sum(replies: readonly unknown[]): number {
  return replies.reduce<number>((total, reply) => total + asNumber(reply), 0);
}
