import { trouble } from './trouble.ts';

/** The text of a reply, which is a string, or a number. */
export function asText(reply: unknown): string {
  return typeof reply === 'string' ? reply : String(reply);
}

/**
 * @throws {SpamdSyncError} `ERR_SPAMD_STORE` when the reply is not a list. Redis answers every command that is read by
 * this with a list.
 */
export function asList(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply;
  throw trouble(`answered ${typeof reply} where a list was expected`);
}

/** The texts of a list. */
export function asTexts(reply: unknown): string[] {
  return asList(reply).map(asText);
}

/** The number that a reply is, or spells. */
export function asNumber(reply: unknown): number {
  return Number(asText(reply));
}
