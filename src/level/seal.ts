import { crc32 } from 'node:zlib';

/** Bytes of a checksum. */
const SEAL = 4;

/** A value, and behind it the checksum (CRC-32, zlib) of the key and the value. */
export function sealed(key: string, value: Uint8Array): Buffer {
  const { length } = value;
  const bytes = Buffer.allocUnsafe(length + SEAL);
  bytes.set(value);
  bytes.writeUInt32LE(sum(key, value), length);
  return bytes;
}

/** The value without its checksum; `undefined` if the checksum is not that of this key and value. */
export function unsealed(key: string, bytes: Buffer): Buffer | undefined {
  const length = bytes.length - SEAL;
  if (length < 0) return undefined;
  const value = bytes.subarray(0, length);
  return sum(key, value) === bytes.readUInt32LE(length) ? value : undefined;
}

function sum(key: string, value: Uint8Array): number {
  const ofKey = crc32(key);
  // An empty value may have no buffer. For such a value zlib ignores `ofKey` and begins a new checksum.
  return value.length === 0 ? ofKey : crc32(value, ofKey);
}
