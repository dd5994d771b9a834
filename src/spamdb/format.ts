import { setImmediate as turn } from 'node:timers/promises';
import { isU32, U32_MAX } from '../address.ts';
import type { SpamdbRecord } from '../entry.ts';
import { EntryError } from '../errors.ts';
import { checkRecords, isObject } from '../validate.ts';

/** A chunk is handed out once it has so many characters. */
const CHUNK = 65_536;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\x00-\x1f\x7f]/;

/**
 * Writes records as spamdb(8) prints them, in chunks of some 64 KB that end with a line. Strings go out as they are,
 * as spamdb does it: nothing is escaped, also not a `|`.
 *
 * @throws {EntryError} `ERR_SPAMD_FIELD` for a record that has no line: an `ip` that is empty or holds a `|`, a control
 * character in a string, a number that is not whole or not 0..2^32-1.
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for what are no records.
 */
export function formatSpamdb(
  records: Iterable<SpamdbRecord> | AsyncIterable<SpamdbRecord>,
): AsyncGenerator<string, void> {
  checkRecords(records);
  return chunksOf(records);
}

async function* chunksOf(records: Iterable<SpamdbRecord> | AsyncIterable<SpamdbRecord>): AsyncGenerator<string, void> {
  let text = '';
  let index = 0;
  for await (const record of records) {
    text += lineOf(record, index++);
    if (text.length < CHUNK) continue;
    yield text;
    text = '';
    await turn();
  }
  if (text !== '') yield text;
}

function lineOf(record: SpamdbRecord, index: number): string {
  if (!isObject(record)) throw new EntryError('record', record, index, 'is not an object');
  switch (record.type) {
    case 'GREY': {
      const { helo, from, to } = record;
      checkText('helo', helo, index);
      checkText('from', from, index);
      checkText('to', to, index);
      return `GREY|${checkedAddress(record.ip, index)}|${helo}|${from}|${to}|${numbers(record, index)}\n`;
    }
    case 'WHITE':
      return `WHITE|${checkedAddress(record.ip, index)}|||${numbers(record, index)}\n`;
    case 'TRAPPED':
      checkNumber('expires', record.expires, index);
      return `TRAPPED|${checkedAddress(record.ip, index)}|${record.expires}\n`;
    case 'SPAMTRAP':
      checkText('address', record.address, index);
      if (record.address === '') throw new EntryError('address', '', index, 'is empty');
      return `SPAMTRAP|${record.address}\n`;
    default:
      throw new EntryError('type', (record as { type: unknown }).type, index, 'is unknown');
  }
}

function numbers(record: SpamdbRecord & { type: 'GREY' | 'WHITE' }, index: number): string {
  const { first, pass, expires, blocked, passed } = record;
  checkNumber('first', first, index);
  checkNumber('pass', pass, index);
  checkNumber('expires', expires, index);
  checkNumber('blocked', blocked, index);
  checkNumber('passed', passed, index);
  return `${first}|${pass}|${expires}|${blocked}|${passed}`;
}

/** Not only IP addresses: a greylist may know clients by their network or by a name. */
function checkedAddress(ip: string, index: number): string {
  checkText('ip', ip, index);
  if (ip === '' || ip.includes('|')) throw new EntryError('ip', ip, index, "is empty or holds a '|'");
  return ip;
}

function checkText(field: string, text: string, index: number): void {
  if (typeof text !== 'string') throw new EntryError(field, text, index, 'is not a string');
  if (CONTROL.test(text)) throw new EntryError(field, text, index, 'holds a control character');
}

function checkNumber(field: string, value: number, index: number): void {
  if (!isU32(value)) throw new EntryError(field, value, index, `is not a whole number 0..${U32_MAX}`);
}
