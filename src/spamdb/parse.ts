import type { SpamdbRecord } from '../entry.ts';
import { shown } from '../errors.ts';
import { badOption, checkMembers } from '../validate.ts';
import type { TextChunks } from './chunks.ts';
import { Fields } from './fields.ts';
import { PARSE_OPTIONS, type ParseOptions, parseLines } from './lines.ts';

const LESS_THAN = 0x3c;
const GREATER_THAN = 0x3e;

export interface SpamdbParseOptions extends ParseOptions {
  /**
   * Takes any text in the address's place: a network or a name, as a greylist with the policies `subnet` or `identify`
   * lists them. Default `false`, only IP addresses.
   */
  readonly pools?: boolean;
}

/**
 * Reads what spamdb(8) or greydb(8) printed. Blank lines are passed over.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for what is no text, and an option that will not do.
 * @throws {LineError} `ERR_SPAMD_LINE`, while iterated, for a line that cannot be read, unless `onBadLine` says otherwise.
 */
export function parseSpamdb(chunks: TextChunks, options: SpamdbParseOptions = {}): AsyncIterable<SpamdbRecord> {
  checkMembers('options', options, { ...PARSE_OPTIONS, pools: true });
  const { pools = false } = options;
  if (typeof pools !== 'boolean') throw badOption('pools', 'not true or false', pools);
  const fields = new Fields();
  return parseLines(chunks, options, (bytes, start, end, line) => {
    fields.reset(bytes, start, end, line);
    return readRecord(fields, pools);
  });
}

function readRecord(fields: Fields, pools: boolean): SpamdbRecord {
  const type = fields.first();
  switch (type) {
    case 'GREY':
      return readGrey(fields, fields.address(pools));
    case 'WHITE': {
      const ip = fields.address(pools);
      const numbers = readNumbers(fields);
      const bare = fields.end - fields.start === 1 && fields.nextPipe(fields.start, fields.end) >= 0;
      if (!bare) throw fields.error('a WHITE line has two empty fields behind the address');
      return { type, ip, ...numbers };
    }
    case 'TRAPPED': {
      const ip = fields.address(pools);
      if (fields.nextPipe(fields.start, fields.end) >= 0) throw fields.error('too many fields');
      return { type, ip, expires: fields.lastNumber('expires') };
    }
    case 'SPAMTRAP':
      if (fields.end === fields.start) throw fields.error('no address');
      return { type, address: fields.text(fields.start, fields.end) };
    default:
      throw fields.error(`unknown type: ${shown(type)}`);
  }
}

/**
 * Strings are printed as they are, also when they hold a `|`. Where that leaves a choice, sender and recipient are the
 * last two parts in brackets; one without brackets is as short as can be for the recipient, and as long for the sender.
 * However it is divided, it is put together again to the same line.
 */
function readGrey(fields: Fields, ip: string): SpamdbRecord {
  const numbers = readNumbers(fields);
  const { start, end } = fields;
  const firstPipe = fields.nextPipe(start, end);
  const lastPipe = fields.lastPipe(start, end);
  if (firstPipe < 0) throw fields.error('too few fields');
  // From before tuples had a HELO; spamdb(8) itself lists such a tuple with an empty one today.
  if (firstPipe === lastPipe) {
    return {
      type: 'GREY',
      ip,
      helo: '',
      from: fields.text(start, firstPipe),
      to: fields.text(firstPipe + 1, end),
      ...numbers,
    };
  }
  const beforeMailbox = pipeBeforeMailbox(fields, start, end);
  const beforeTo = beforeMailbox > firstPipe ? beforeMailbox : lastPipe;
  const beforeSender = pipeBeforeMailbox(fields, start, beforeTo);
  const beforeFrom = beforeSender < 0 ? firstPipe : beforeSender;
  return {
    type: 'GREY',
    ip,
    helo: fields.text(start, beforeFrom),
    from: fields.text(beforeFrom + 1, beforeTo),
    to: fields.text(beforeTo + 1, end),
    ...numbers,
  };
}

/** @returns Where the last `|<` is, if the text ends in `>`, or -1. */
function pipeBeforeMailbox(fields: Fields, start: number, end: number): number {
  if (end === start || fields.byte(end - 1) !== GREATER_THAN) return -1;
  let pipe = fields.lastPipe(start, end);
  while (pipe >= 0 && fields.byte(pipe + 1) !== LESS_THAN) pipe = fields.lastPipe(start, pipe);
  return pipe;
}

type Numbers = Pick<SpamdbRecord & { type: 'GREY' }, 'first' | 'pass' | 'expires' | 'blocked' | 'passed'>;

function readNumbers(fields: Fields): Numbers {
  const passed = fields.lastNumber('passed');
  const blocked = fields.lastNumber('blocked');
  const expires = fields.lastNumber('expires');
  const pass = fields.lastNumber('pass');
  const first = fields.lastNumber('first');
  return { first, pass, expires, blocked, passed };
}
