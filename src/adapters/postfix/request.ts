import type { MessageReader, ReadProblem } from '../common/conversation.ts';
import { textOf } from '../common/text.ts';

/** The attributes that matter here, of some thirty that Postfix sends. */
const NAMES = [
  'request',
  'protocol_state',
  'client_address',
  'server_address',
  'helo_name',
  'sender',
  'recipient',
  'instance',
  'sasl_username',
  'ccert_fingerprint',
] as const;

type Name = (typeof NAMES)[number];

/** A request of the policy protocol (SMTPD_POLICY_README): attributes by name. */
export type PolicyRequest = { readonly [Each in Name]?: string };

/** The longest request, bytes. */
export const MAX_REQUEST = 65_536;
/** The longest value, bytes. A longer one is cut. Postfix takes no longer line from a client. */
const MAX_VALUE = 2048;

const LF = 0x0a;
const END = Buffer.from('\n\n');
const NONE = Buffer.alloc(0);
const WANTED: ReadonlySet<string> = new Set(NAMES);

export class RequestReader implements MessageReader<PolicyRequest> {
  /** The bytes from `#start` to `#end` were received and not taken yet. Behind them there may be room. */
  #bytes: Buffer = NONE;
  #start = 0;
  #end = 0;
  /** The end of the next request is not before this place. */
  #searched = 0;
  readonly #counts: { cut: number };

  /** @param counts Counts the values that were cut. */
  constructor(counts: { cut: number }) {
    this.#counts = counts;
  }

  get size(): number {
    return this.#end - this.#start;
  }

  push(chunk: Buffer): void {
    if (this.size === 0) {
      this.#bytes = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#searched = 0;
      return;
    }
    this.#makeRoom(chunk.length);
    chunk.copy(this.#bytes, this.#end);
    this.#end += chunk.length;
  }

  next(): PolicyRequest | ReadProblem | undefined {
    const found = this.#bytes.indexOf(END, this.#searched);
    const isComplete = found >= 0 && found < this.#end;
    const end = isComplete ? found + 1 : this.#end;
    if (end - this.#start > MAX_REQUEST) return 'oversize';
    if (this.size > 0 && this.#bytes[this.#start] === LF) return 'malformed';
    if (!isComplete) {
      // The first byte of the end may be there.
      this.#searched = Math.max(this.#start, this.#end - 1);
      return undefined;
    }
    const lines = this.#bytes.toString('latin1', this.#start, end);
    this.#start = this.#searched = end + 1;
    return this.#parsed(lines);
  }

  /** Doubles the size, so that bytes that come one by one are not copied each time. */
  #makeRoom(length: number): void {
    const needed = this.size + length;
    if (this.#end + length <= this.#bytes.length) return;
    const bytes = Buffer.alloc(2 * needed);
    this.#bytes.copy(bytes, 0, this.#start, this.#end);
    this.#searched -= this.#start;
    this.#end -= this.#start;
    this.#start = 0;
    this.#bytes = bytes;
  }

  /** @param lines The lines, each with its line end. Each character is a byte. */
  #parsed(lines: string): PolicyRequest | ReadProblem {
    const request: { [Each in Name]?: string } = {};
    for (let at = 0; at < lines.length; ) {
      const end = lines.indexOf('\n', at);
      const equals = lines.indexOf('=', at);
      if (equals < 0 || equals > end) return 'malformed';
      const name = lines.slice(at, equals);
      if (WANTED.has(name)) request[name as Name] = this.#value(lines.slice(equals + 1, end));
      at = end + 1;
    }
    return request.request === 'smtpd_access_policy' ? request : 'malformed';
  }

  #value(latin1: string): string {
    if (latin1.length > MAX_VALUE) this.#counts.cut++;
    const value = latin1.slice(0, MAX_VALUE);
    return /[\x80-\xff]/.test(value) ? textOf(Buffer.from(value, 'latin1')) : value;
  }
}
