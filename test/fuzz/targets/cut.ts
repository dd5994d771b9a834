import { crc32 } from 'node:zlib';
import { generator } from '../../../src/transport/random.ts';

/** Bytes in chunks of any size; where they are cut depends on the bytes alone. */
export function cut(bytes: Buffer): Buffer[] {
  const random = generator(crc32(bytes));
  const size = random.pick([1, 2, 7, 64, 1024, 100_000]);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    // Of no bytes, too.
    const length = random.chance(0.1) ? 0 : 1 + random.below(size);
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return chunks;
}
