import { isUtf8 } from 'node:buffer';

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;
const DEL = 0x7f;

/** A string of a GREY entry in a form that the encoder accepts: text, or the bytes themselves. */
export type WireText = string | Uint8Array;

/** A Buffer over the same memory, for Buffer's native string functions. */
export function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The text of `bytes[start..end)`, its NUL already cut off. It is read as UTF-8 if it is valid UTF-8, else as Latin-1,
 * so that no byte is lost. `undefined` if it holds a NUL, CR or LF: no mail dialogue can produce one, and a newline
 * injects lines into spamd.
 */
export function readText(bytes: Buffer, start: number, end: number): string | undefined {
  let high = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === LF || byte === CR || byte === NUL) return undefined;
    high |= byte;
  }
  const encoding = high >= 0x80 && isUtf8(bytes.subarray(start, end)) ? 'utf8' : 'latin1';
  return bytes.toString(encoding, start, end);
}

/** What is wrong with a text that was to be sent, if anything. */
export type TextProblem = 'empty' | 'control';

/**
 * Why a text may not go on the wire at all; `undefined` if it may. An empty string is refused: spamd loses the entry,
 * and may lose the next one too. Empty *bytes* are let through: they ask for exactly what a real sender put on the
 * wire.
 */
export function textProblem(text: WireText): TextProblem | undefined {
  if (typeof text === 'string') {
    if (text.length === 0) return 'empty';
    for (let at = 0; at < text.length; at++) if (isControl(text.charCodeAt(at))) return 'control';
  } else {
    for (const byte of text) if (isControl(byte)) return 'control';
  }
  return undefined;
}

function isControl(code: number): boolean {
  return code < 0x20 || code === DEL;
}
