import type { MessageReader, ReadProblem } from '../common/conversation.ts';
import { textOf } from '../common/text.ts';

/** A packet of the milter protocol: a command, as a letter, and its data. */
export interface MilterPacket {
  readonly command: string;
  readonly data: Buffer;
}

/** The longest packet, bytes. The longest one that a mail server sends is a piece of a body, 65535 bytes. */
export const MAX_PACKET = 65_536;

const LENGTH = 4;
const NONE = Buffer.alloc(0);

export class PacketReader implements MessageReader<MilterPacket> {
  #chunks: Buffer[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }

  next(): MilterPacket | ReadProblem | undefined {
    if (this.#size < LENGTH) return undefined;
    const needed = LENGTH + this.#joined(LENGTH).readUInt32BE();
    if (needed === LENGTH) return 'malformed';
    if (needed > LENGTH + MAX_PACKET) return 'oversize';
    if (this.#size < needed) return undefined;
    const bytes = this.#joined(this.#size);
    this.#size -= needed;
    this.#chunks = this.#size === 0 ? [] : [bytes.subarray(needed)];
    return { command: String.fromCharCode(bytes[LENGTH] as number), data: bytes.subarray(LENGTH + 1, needed) };
  }

  /** The first bytes, in one piece. */
  #joined(length: number): Buffer {
    const [first = NONE] = this.#chunks;
    if (first.length >= length) return first;
    this.#chunks = [Buffer.concat(this.#chunks, this.#size)];
    return this.#chunks[0] as Buffer;
  }
}

export function packet(command: string, data: Uint8Array | string = NONE): Buffer {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
  const whole = Buffer.allocUnsafe(LENGTH + 1 + bytes.length);
  whole.writeUInt32BE(1 + bytes.length);
  whole.write(command, LENGTH, 'latin1');
  whole.set(bytes, LENGTH + 1);
  return whole;
}

/** The texts in a packet. Each ends in a NUL; bytes after the last NUL are left out. */
export function texts(data: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at < data.length; ) {
    const end = data.indexOf(0, at);
    if (end < 0) break;
    found.push(textOf(data.subarray(at, end)));
    at = end + 1;
  }
  return found;
}

/** The part of a mail server's offer that is used. */
export interface Negotiated {
  readonly version: number;
  /** The changes to a message that are allowed (`SMFIF_`). */
  readonly actions: number;
  /** The commands that are not sent, or not answered (`SMFIP_`). */
  readonly steps: number;
}

/** The version of the protocol that is spoken here. */
const VERSION = 6;
/** `SMFIF_ADDHDRS` */
export const ADD_HEADERS = 0x1;
/** `SMFIP_NR_`: no reply to these commands. */
export const NO_REPLY: Readonly<Record<string, number>> = { C: 0x1000, H: 0x2000, M: 0x4000 };
/** `SMFIP_NOBODY`, `NOHDRS`, `NOEOH`, `NOUNKNOWN`, `NODATA`: these commands are not sent. */
const UNWANTED = 0x10 | 0x20 | 0x40 | 0x100 | 0x200;
/** `SMFIP_RCPT_REJ`: recipients that the mail server refuses are sent too. */
const REFUSED = 0x800;
const WANTED = UNWANTED | REFUSED | 0x1000 | 0x2000 | 0x4000;

/** The part of an offer that is used; `undefined` for an invalid offer. */
export function negotiated(data: Buffer): Negotiated | undefined {
  if (data.length < 12) return undefined;
  const version = Math.min(data.readUInt32BE(0), VERSION);
  return { version, actions: data.readUInt32BE(4) & ADD_HEADERS, steps: data.readUInt32BE(8) & WANTED };
}

export function negotiation({ version, actions, steps }: Negotiated): Buffer {
  const data = Buffer.alloc(12);
  data.writeUInt32BE(version, 0);
  data.writeUInt32BE(actions, 4);
  data.writeUInt32BE(steps, 8);
  return packet('O', data);
}
