/** The text of a reply, which is a string, or a number. */
export function asText(reply: unknown): string {
  return typeof reply === 'string' ? reply : String(reply);
}

/** @throws {Error} When the reply is no list: nothing that is asked for as one is answered otherwise. */
export function asList(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply;
  throw new Error(`Redis answered ${typeof reply} where a list was expected`);
}

/** The texts of a list. */
export function asTexts(reply: unknown): string[] {
  return asList(reply).map(asText);
}

/** The number that a reply is, or spells. */
export function asNumber(reply: unknown): number {
  return Number(asText(reply));
}
