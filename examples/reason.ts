/** Why a program ends, in one line. Of what `parseArgs` throws only the first sentence: its hint is longer than that. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const ofArguments = 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
  return ofArguments ? error.message.replace(/\. .*/s, '') : error.message;
}
