import { isUtf8 } from 'node:buffer';
import { isIPv6 } from 'node:net';
import { parseIPv4, U32_MAX } from '../address.ts';
import { LineError, shown } from '../errors.ts';

const PIPE = 0x7c;
const ZERO = 0x30;
const DEL = 0x7f;

/** An IPv4 or IPv6 address, without a zone: those mean nothing on another host. */
export function isAddress(text: string): boolean {
  return parseIPv4(text) >= 0 || (isIPv6(text) && !text.includes('%'));
}

/**
 * The fields of one line, taken off from both its ends, so that the strings that may themselves hold a `|` remain.
 * Each field becomes a string of its own: one cut out of a larger string would keep all of that in memory.
 */
export class Fields {
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

  /** What lies before the next `|`, which is left out as well. */
  first(): string {
    const pipe = this.nextPipe(this.#start, this.#end);
    if (pipe < 0) throw this.error('too few fields');
    const text = this.text(this.#start, pipe);
    this.#start = pipe + 1;
    return text;
  }

  /** The same, for an address, or with `pools` whatever stands for one. */
  address(pools: boolean): string {
    const text = this.first();
    if (pools ? text === '' : !isAddress(text)) throw this.error(`not an IP address: ${shown(text)}`);
    return text;
  }

  /** The number behind the last `|`; both are left out from then on. */
  lastNumber(name: string): number {
    const pipe = this.lastPipe(this.#start, this.#end);
    const value = this.#number(pipe < 0 ? this.#start : pipe + 1, this.#end);
    if (value < 0) throw this.error(this.#badNumber(name, pipe));
    this.#end = Math.max(pipe, this.#start);
    return value;
  }

  /** Text as UTF-8 where that is what it is, else as Latin-1, so that no byte is lost; as in datagrams. */
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

  /** As spamdb(8) prints it, so without a sign or leading zeros, and no more than the wire can carry; else -1. */
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
