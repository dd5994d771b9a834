import { isUtf8 } from 'node:buffer';
import { U32_MAX } from '../address.ts';
import { LineError, shown } from '../errors.ts';
import type { SpamdbGrey, SpamdbHistory, SpamdbRecord } from '../spamdb-record.ts';
import { badOption, checkMembers } from '../validate.ts';
import { isAddress, isIPv6Network } from './address-list.ts';
import type { TextChunks } from './chunks.ts';
import { PARSE_OPTIONS, type ParseOptions, parseLines } from './lines.ts';

const PIPE = 0x7c;
const ZERO = 0x30;
const LESS_THAN = 0x3c;
const GREATER_THAN = 0x3e;
const DEL = 0x7f;

/** Options of {@link parseSpamdb}. */
export interface SpamdbParseOptions extends ParseOptions {
  /**
   * Accepts any text in the place of an address: a network or a name, as a greylist with the policies `subnet` or
   * `identify` lists them. Default `false`: only IP addresses and IPv6 networks.
   */
  readonly pools?: boolean | undefined;
}

/**
 * Reads the output of spamdb(8) or greydb(8). Blank lines are passed over.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a value that is not a text, and for an invalid option.
 * @throws {LineError} `ERR_SPAMD_LINE`, while iterated, for a line that cannot be read, unless `onBadLine` says
 * otherwise.
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
    case 'DOMAIN':
      if (fields.end === fields.start) throw fields.error('no domain');
      return { type, domain: fields.text(fields.start, fields.end) };
    default:
      throw fields.error(`unknown type: ${shown(type)}`);
  }
}

/**
 * spamdb(8) prints strings as they are, even if they hold a `|`. If a line can be divided in several ways, sender and
 * recipient are the last two parts in brackets. A recipient without brackets is as short as possible, and a sender
 * without brackets as long as possible. However a line is divided, the record is written as the same line again.
 */
function readGrey(fields: Fields, ip: string): SpamdbGrey {
  const numbers = readNumbers(fields);
  const { start, end } = fields;
  const firstPipe = fields.nextPipe(start, end);
  const lastPipe = fields.lastPipe(start, end);
  if (firstPipe < 0) throw fields.error('too few fields');
  // A line from before tuples had a HELO. Today spamdb(8) itself lists such a tuple with an empty HELO.
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

/** @returns Where the last `|<` is, if the text ends in `>`; else -1. */
function pipeBeforeMailbox(fields: Fields, start: number, end: number): number {
  if (end === start || fields.byte(end - 1) !== GREATER_THAN) return -1;
  let pipe = fields.lastPipe(start, end);
  while (pipe >= 0 && fields.byte(pipe + 1) !== LESS_THAN) pipe = fields.lastPipe(start, pipe);
  return pipe;
}

function readNumbers(fields: Fields): SpamdbHistory {
  const passed = fields.lastNumber('passed');
  const blocked = fields.lastNumber('blocked');
  const expires = fields.lastNumber('expires');
  const pass = fields.lastNumber('pass');
  const first = fields.lastNumber('first');
  return { first, pass, expires, blocked, passed };
}

/**
 * The fields of one line. They are taken off at both ends of the line, so that the strings which may hold a `|` remain.
 * Each field becomes a string of its own: a string cut out of a larger one would keep the larger one in memory.
 */
class Fields {
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  #line = 0;
  #plain = true;

  /** @throws {LineError} when the line holds a control character. */
  reset(bytes: Buffer, start: number, end: number, line: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#line = line;
    let high = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte < 0x20 || byte === DEL) throw this.error(`control character 0x${byte.toString(16).padStart(2, '0')}`);
      high |= byte;
    }
    this.#plain = high < 0x80;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  byte(at: number): number {
    return this.#bytes[at] as number;
  }

  /** Takes off the text before the next `|`, and that `|`. */
  first(): string {
    const pipe = this.nextPipe(this.#start, this.#end);
    if (pipe < 0) throw this.error('too few fields');
    const text = this.text(this.#start, pipe);
    this.#start = pipe + 1;
    return text;
  }

  /** The same, for an address; with `pools` any text may stand for an address. */
  address(pools: boolean): string {
    const text = this.first();
    if (pools ? text === '' : !isAddress(text) && !isIPv6Network(text))
      throw this.error(`not an IP address: ${shown(text)}`);
    return text;
  }

  /** Takes off the number after the last `|`, and that `|`. */
  lastNumber(name: string): number {
    const pipe = this.lastPipe(this.#start, this.#end);
    const value = this.#number(pipe < 0 ? this.#start : pipe + 1, this.#end);
    if (value < 0) throw this.error(this.#badNumber(name, pipe));
    this.#end = Math.max(pipe, this.#start);
    return value;
  }

  /** The text, as UTF-8 if it is valid UTF-8, else as Latin-1, so that no byte is lost; as in datagrams. */
  text(start: number, end: number): string {
    const utf8 = !this.#plain && isUtf8(this.#bytes.subarray(start, end));
    return this.#bytes.toString(utf8 ? 'utf8' : 'latin1', start, end);
  }

  nextPipe(start: number, end: number): number {
    for (let at = start; at < end; at++) if (this.#bytes[at] === PIPE) return at;
    return -1;
  }

  lastPipe(start: number, end: number): number {
    for (let at = end - 1; at >= start; at--) if (this.#bytes[at] === PIPE) return at;
    return -1;
  }

  error(detail: string): LineError {
    return new LineError(this.#line, detail);
  }

  /** A number as spamdb(8) prints it, without a sign or leading zeros, if the wire can carry it; else -1. */
  #number(start: number, end: number): number {
    if (end <= start || (this.#bytes[start] === ZERO && end - start > 1)) return -1;
    let value = 0;
    for (let at = start; at < end; at++) {
      const digit = (this.#bytes[at] as number) - ZERO;
      if (digit < 0 || digit > 9) return -1;
      value = value * 10 + digit;
    }
    return value > U32_MAX ? -1 : value;
  }

  #badNumber(name: string, pipe: number): string {
    const text = this.text(pipe < 0 ? this.#start : pipe + 1, this.#end);
    return `${name} is not a number 0..${U32_MAX}: ${shown(text)}`;
  }
}
