import { crc32 } from 'node:zlib';

/** Bytes of a checksum. */
const SEAL = 4;

/** A value with the checksum (CRC-32, zlib) of its key and itself behind it. */
export function sealed(key: string, value: Uint8Array): Buffer {
  const { length } = value;
  const bytes = Buffer.allocUnsafe(length + SEAL);
  bytes.set(value);
  bytes.writeUInt32LE(sum(key, value), length);
  return bytes;
}

/** The value without its checksum; `undefined` when that is not of this key and value. */
export function unsealed(key: string, bytes: Buffer): Buffer | undefined {
  const length = bytes.length - SEAL;
  if (length < 0) return undefined;
  const value = bytes.subarray(0, length);
  return sum(key, value) === bytes.readUInt32LE(length) ? value : undefined;
}

function sum(key: string, value: Uint8Array): number {
  const ofKey = crc32(key);
  // Where there is no byte there may be no buffer behind it, and for that zlib begins again.
  return value.length === 0 ? ofKey : crc32(value, ofKey);
}
