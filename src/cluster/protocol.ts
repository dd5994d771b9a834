import { SpamdSyncError, type SpamdSyncErrorCode, systemCode } from '../errors.ts';
import type { Greylist } from '../greylist/greylist.ts';
import type { Verdict } from '../greylist/verdict.ts';

/** What a worker may ask for. */
export const METHODS = ['check', 'trap', 'allow', 'forget'] as const;
export type Method = (typeof METHODS)[number];

/** A greylist as the primary serves it. */
export type Served = Pick<Greylist, Method>;

export interface Ask {
  readonly spamdSync: 'ask';
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

export type Answer = { readonly spamdSync: 'answer'; readonly id: number } & (
  | { readonly value: unknown }
  | { readonly error: PlainError }
);

/** An error as it goes through a channel that carries JSON. */
export interface PlainError {
  readonly code?: string;
  readonly message: string;
}

/** Anything may come through the channel: other parts of the program use it, too. */
export function isAsk(message: unknown): message is Ask {
  return isOurs(message, 'ask') && METHODS.some((method) => 'method' in message && message.method === method);
}

export function isAnswer(message: unknown): message is Answer {
  return isOurs(message, 'answer');
}

export function plainError(error: unknown): PlainError {
  const message = error instanceof Error ? error.message : String(error);
  const code = systemCode(error);
  return code === undefined ? { message } : { code, message };
}

export function revivedError({ code, message }: PlainError): Error {
  if (code?.startsWith('ERR_SPAMD_')) return new SpamdSyncError(code as SpamdSyncErrorCode, message);
  return new Error(message);
}

export function plainVerdict(verdict: Verdict): object {
  return verdict.reason === 'error' ? { ...verdict, error: plainError(verdict.error) } : verdict;
}

export function revivedVerdict(value: unknown): Verdict {
  const verdict = value as Verdict;
  return verdict.reason === 'error' ? { ...verdict, error: revivedError(verdict.error) } : verdict;
}

function isOurs(message: unknown, kind: 'ask' | 'answer'): message is { id: number } {
  if (typeof message !== 'object' || message === null) return false;
  return 'spamdSync' in message && message.spamdSync === kind && 'id' in message && typeof message.id === 'number';
}
