import type { Greylist } from '../greylist/greylist.ts';
import type { SpamdbRecord } from '../spamdb-record.ts';
import { attemptOf, has, type Request, type ResponseProperties, recordsMessage, verdictMessage } from './messages.ts';

/** A greylist as it can be served. */
export type ServedGreylist = Pick<
  Greylist,
  | 'check'
  | 'trap'
  | 'allow'
  | 'delivered'
  | 'forget'
  | 'spamtraps'
  | 'export'
  | 'import'
  | 'snapshot'
  | 'sweep'
  | 'stats'
>;

/** How many records go into one response. */
const BATCH = 200;

/** Whether a request is answered by several responses, or is several requests itself. */
export function isStream(request: Request): boolean {
  return ['listSpamtraps', 'export', 'snapshot', 'import'].some((member) => has(request, member as keyof Request));
}

/** What the greylist answers to a request that has one answer. Rejects as the greylist does. */
export async function answerTo(greylist: ServedGreylist, request: Request): Promise<ResponseProperties> {
  const { check, trap, allow } = request;
  const { spamtraps } = greylist;
  if (check != null) return { verdict: verdictMessage(await greylist.check(attemptOf(check))) };
  if (trap != null) await greylist.trap(trap.ip ?? '', claimOptions(trap));
  else if (allow != null) await greylist.allow(allow.ip ?? '', claimOptions(allow));
  else if (has(request, 'forget')) await greylist.forget(request.forget);
  else if (has(request, 'addSpamtrap')) await spamtraps.add(request.addSpamtrap);
  else return askedOf(greylist, request);
  return { flag: true };
}

async function askedOf(greylist: ServedGreylist, request: Request): Promise<ResponseProperties> {
  const { spamtraps } = greylist;
  const { delivered } = request;
  if (delivered != null) return { flag: await greylist.delivered(delivered.ip ?? '', deliveryOptions(delivered)) };
  if (has(request, 'deleteSpamtrap')) return { flag: await spamtraps.delete(request.deleteSpamtrap) };
  if (has(request, 'hasSpamtrap')) return { flag: await spamtraps.has(request.hasSpamtrap) };
  if (has(request, 'stats')) return { json: JSON.stringify(await greylist.stats()) };
  if (has(request, 'sweep')) return { json: JSON.stringify(await greylist.sweep()) };
  throw new Error('the greylist that is asked is of another version: it does not know this request');
}

/** The responses to a request that has several. */
export async function* answersTo(greylist: ServedGreylist, request: Request): AsyncIterable<ResponseProperties> {
  if (has(request, 'snapshot')) {
    for await (const chunk of greylist.snapshot()) yield { chunk };
  } else if (has(request, 'export')) {
    for await (const records of batches(greylist.export())) yield { records: recordsMessage(records) };
  } else {
    for await (const spamtrap of batches(greylist.spamtraps.list())) yield { spamtrap: [...spamtrap] };
  }
  yield { end: true };
}

/** The report on records that came in several requests. */
export async function importAnswer(
  greylist: ServedGreylist,
  records: AsyncIterable<SpamdbRecord>,
): Promise<ResponseProperties> {
  return { json: JSON.stringify(await greylist.import(records)) };
}

export async function* batches<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<readonly T[], void> {
  let batch: T[] = [];
  for await (const item of items) {
    if (batch.push(item) < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function deliveryOptions(delivery: { readonly endsTrap?: boolean | null }): { endsTrap: boolean } {
  return { endsTrap: delivery.endsTrap ?? false };
}

function claimOptions(claim: { readonly expires?: number | null }): { expires?: number } {
  return Object.hasOwn(claim, 'expires') ? { expires: claim.expires ?? 0 } : {};
}
