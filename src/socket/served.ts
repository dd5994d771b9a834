import type { Greylist } from '../greylist/greylist.ts';
import type { TrapOptions } from '../greylist/options.ts';
import type { SpamdbRecord } from '../spamdb-record.ts';
import { attemptOf, has, type Request, type ResponseProperties, recordText, verdictMessage } from './messages.ts';

/** What a greylist needs to have to be served. */
export type ServedGreylist = Pick<
  Greylist,
  | 'check'
  | 'trap'
  | 'allow'
  | 'delivered'
  | 'forget'
  | 'release'
  | 'why'
  | 'spamtraps'
  | 'export'
  | 'import'
  | 'snapshot'
  | 'sweep'
  | 'stats'
>;

/** How many records go into one message, and how many characters they have together. */
const BATCH = 200;
const BATCH_LENGTH = 2 ** 17;

/** Whether a request is answered by several responses, or is several requests itself. */
export function isStream(request: Request): boolean {
  return ['listSpamtraps', 'export', 'exportEvidence', 'snapshot', 'import'].some((member) =>
    has(request, member as keyof Request),
  );
}

/** Something beside a greylist of which only the counters are shown. */
export interface ServedCounts {
  /** Its counters. */
  stats(): object;
}

/** What counts beside a greylist. */
export interface ServedBeside {
  /** The exchange whose counters are shown with the greylist's, as `exchange`. Default: none. */
  readonly exchange?: ServedCounts | undefined;
  /**
   * The adapters whose counters are shown with the greylist's, as `adapters`, each under its name here. Default: none.
   */
  readonly adapters?: Readonly<Record<string, ServedCounts | undefined>> | undefined;
}

/** What the greylist answers to a request that has one answer. Rejects as the greylist does. */
export async function answerTo(
  greylist: ServedGreylist,
  request: Request,
  beside: ServedBeside,
): Promise<ResponseProperties> {
  const { check, checkTraps, trap, allow } = request;
  const { spamtraps } = greylist;
  if (check != null) return { verdict: verdictMessage(await greylist.check(attemptOf(check))) };
  if (checkTraps != null) {
    return { verdict: verdictMessage(await greylist.check(attemptOf(checkTraps), { trapsOnly: true })) };
  }
  if (trap != null) await greylist.trap(trap.ip ?? '', trapOptions(trap));
  else if (allow != null) await greylist.allow(allow.ip ?? '', claimOptions(allow));
  else if (has(request, 'forget')) await greylist.forget(request.forget);
  else if (has(request, 'addSpamtrap')) await spamtraps.add(request.addSpamtrap);
  else return askedOf(greylist, request, beside);
  return { flag: true };
}

function countsOf({ exchange, adapters }: ServedBeside): object {
  const byAdapter = Object.entries(adapters ?? {}).map(([name, adapter]) => [name, adapter?.stats()]);
  return { exchange: exchange?.stats(), adapters: adapters && Object.fromEntries(byAdapter) };
}

async function askedOf(greylist: ServedGreylist, request: Request, beside: ServedBeside): Promise<ResponseProperties> {
  const { spamtraps } = greylist;
  const { delivered, release } = request;
  if (delivered != null) return { flag: await greylist.delivered(delivered.ip ?? '', deliveryOptions(delivered)) };
  if (release != null) {
    const waiting = release.attempt == null ? (release.ip ?? '') : attemptOf(release.attempt);
    return { released: await greylist.release(waiting, deliveryOptions(release)) };
  }
  if (has(request, 'why')) return { json: JSON.stringify(await greylist.why(request.why)) };
  if (has(request, 'deleteSpamtrap')) return { flag: await spamtraps.delete(request.deleteSpamtrap) };
  if (has(request, 'hasSpamtrap')) return { flag: await spamtraps.has(request.hasSpamtrap) };
  if (has(request, 'stats')) {
    return { json: JSON.stringify({ ...(await greylist.stats()), ...countsOf(beside) }) };
  }
  if (has(request, 'sweep')) return { json: JSON.stringify(await greylist.sweep()) };
  throw new Error('the greylist that is asked is of another version: it does not know this request');
}

/** The responses to a request that has several. */
export async function* answersTo(greylist: ServedGreylist, request: Request): AsyncIterable<ResponseProperties> {
  if (has(request, 'snapshot')) {
    for await (const chunk of greylist.snapshot()) yield { chunk };
  } else if (has(request, 'export') || has(request, 'exportEvidence')) {
    const records = greylist.export({ evidence: has(request, 'exportEvidence') });
    for await (const record of batches(records, recordText)) yield { records: { record } };
  } else {
    for await (const spamtrap of batches(greylist.spamtraps.list(), (address) => address)) yield { spamtrap };
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

/** Texts of items, as many as go into one message. */
export async function* batches<T>(
  items: Iterable<T> | AsyncIterable<T>,
  textOf: (item: T) => string,
): AsyncGenerator<string[], void> {
  let batch: string[] = [];
  let length = 0;
  for await (const item of items) {
    const text = textOf(item);
    batch.push(text);
    length += text.length;
    if (batch.length < BATCH && length < BATCH_LENGTH) continue;
    yield batch;
    batch = [];
    length = 0;
  }
  if (batch.length > 0) yield batch;
}

function deliveryOptions(delivery: { readonly endsTrap?: boolean | null }): { endsTrap: boolean } {
  return { endsTrap: delivery.endsTrap ?? false };
}

function trapOptions(trap: { readonly expires?: number | null; readonly by?: string | null }): TrapOptions {
  return Object.hasOwn(trap, 'by') ? { ...claimOptions(trap), by: trap.by ?? '' } : claimOptions(trap);
}

function claimOptions(claim: { readonly expires?: number | null }): { expires?: number } {
  return Object.hasOwn(claim, 'expires') ? { expires: claim.expires ?? 0 } : {};
}
