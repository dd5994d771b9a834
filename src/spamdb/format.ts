import { nextTurn } from '../clock.ts';
import { EntryError } from '../errors.ts';
import { checkRecord, checkRecords, type SpamdbHistory, type SpamdbRecord } from '../spamdb-record.ts';
import { checkFunction, checkMembers } from '../validate.ts';

/** A chunk is handed out once it has this many characters. */
const CHUNK = 65_536;
/** After this many records without a line the event loop gets its turn. */
const SLICE = 1000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\x00-\x1f\x7f]/;

/** Options of {@link formatSpamdb}, and of `exportTraplist()` among others. */
export interface SpamdbFormatOptions {
  /**
   * Called with the error of each record that has no line; `index` of the error says which record that is. The record
   * is left out and the text goes on, unless the function throws. Default: the error is thrown, and ends the text.
   */
  readonly onBadRecord?: ((error: EntryError) => void) | undefined;
}

export const FORMAT_OPTIONS: Readonly<Record<keyof SpamdbFormatOptions, true>> = { onBadRecord: true };

/**
 * Writes records as spamdb(8) prints them, in chunks of some 64 KB that end with a line. Strings are written as they
 * are, as spamdb does it: nothing is escaped, not even a `|`.
 *
 * @throws {EntryError} `ERR_SPAMD_FIELD`, while iterated, for a record that spamdb(8) cannot have listed, and for one
 * that has no line: a control character in a string, an `ip` that is empty or holds a `|`, a spamtrap or domain that is
 * empty; unless `onBadRecord` is given.
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for records that are not iterable, and for an invalid option.
 */
export function formatSpamdb(
  records: Iterable<SpamdbRecord> | AsyncIterable<SpamdbRecord>,
  options: SpamdbFormatOptions = {},
): AsyncGenerator<string, void> {
  checkRecords(records);
  checkMembers('options', options, FORMAT_OPTIONS);
  return chunksOf(records, badRecordHandler(options));
}

/**
 * Makes the function that handles the error of a record.
 *
 * @returns A function that passes an `EntryError` to `onBadRecord`. Without `onBadRecord` it throws the error. It
 * always throws an error of another kind.
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`
 */
export function badRecordHandler({ onBadRecord }: SpamdbFormatOptions): (error: unknown) => void {
  checkFunction('onBadRecord', onBadRecord);
  return (error) => {
    if (!(error instanceof EntryError) || onBadRecord === undefined) throw error;
    onBadRecord(error);
  };
}

async function* chunksOf(
  records: Iterable<SpamdbRecord> | AsyncIterable<SpamdbRecord>,
  onError: (error: unknown) => void,
): AsyncGenerator<string, void> {
  let text = '';
  let index = 0;
  let bad = 0;
  for await (const record of records) {
    try {
      checkRecord(record, index);
      text += lineOf(record, index);
    } catch (error) {
      onError(error);
      if (++bad % SLICE === 0) await nextTurn();
    }
    index++;
    if (text.length < CHUNK) continue;
    yield text;
    text = '';
    await nextTurn();
  }
  if (text !== '') yield text;
}

function lineOf(record: SpamdbRecord, index: number): string {
  switch (record.type) {
    case 'GREY': {
      const { helo, from, to } = record;
      checkText('helo', helo, index);
      checkText('from', from, index);
      checkText('to', to, index);
      return `GREY|${checkedAddress(record.ip, index)}|${helo}|${from}|${to}|${numbers(record)}\n`;
    }
    case 'WHITE':
      return `WHITE|${checkedAddress(record.ip, index)}|||${numbers(record)}\n`;
    case 'TRAPPED':
      return `TRAPPED|${checkedAddress(record.ip, index)}|${record.expires}\n`;
    case 'SPAMTRAP':
      return `SPAMTRAP|${checkedName('address', record.address, index)}\n`;
    case 'DOMAIN':
      return `DOMAIN|${checkedName('domain', record.domain, index)}\n`;
  }
}

function numbers({ first, pass, expires, blocked, passed }: SpamdbHistory): string {
  return `${first}|${pass}|${expires}|${blocked}|${passed}`;
}

/** Does not ask for an IP address: a greylist may record clients under a network or a name. */
function checkedAddress(ip: string, index: number): string {
  checkText('ip', ip, index);
  if (ip === '' || ip.includes('|')) throw new EntryError('ip', ip, index, "is empty or holds a '|'");
  return ip;
}

/** Checks the last field of a line, which may hold a `|`. */
function checkedName(field: string, name: string, index: number): string {
  checkText(field, name, index);
  if (name === '') throw new EntryError(field, '', index, 'is empty');
  return name;
}

function checkText(field: string, text: string, index: number): void {
  if (CONTROL.test(text)) throw new EntryError(field, text, index, 'holds a control character');
}
