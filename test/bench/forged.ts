import { randomFillSync } from 'node:crypto';
import { signedDatagrams } from './samples.ts';

/** Every so many forged datagrams a real one. */
export const REAL_EVERY = 1000;

const SHAPES = ['auth', 'auth', 'auth', 'auth', 'version', 'length', 'family', 'oversize', 'short', 'noise'] as const;

/**
 * What somebody without the key might send: mostly well-formed datagrams whose HMAC is random, some with a header that
 * is wrong as well, some nothing but noise. Each differs from all others. The last of every thousand is real.
 */
export function forgedDatagrams(count: number): Uint8Array[] {
  const real = signedDatagrams('white', Math.floor(count / REAL_EVERY), 1);
  return Array.from({ length: count }, (_, index) => {
    const place = index + 1;
    return (place % REAL_EVERY === 0 ? real[place / REAL_EVERY - 1] : undefined) ?? forged(index);
  });
}

function forged(index: number): Uint8Array {
  const shape = SHAPES[index % SHAPES.length];
  const entries = 1 + (index % 85);
  const size = shape === 'short' ? index % 36 : shape === 'oversize' ? 1409 + (index % 64) : 36 + 16 * entries;
  const bytes = randomFillSync(Buffer.allocUnsafe(size));
  if (shape === 'short' || shape === 'noise') return bytes;
  bytes.writeUInt8(shape === 'version' ? 1 : 2, 0);
  bytes.writeUInt8(shape === 'family' ? 10 : 2, 1);
  bytes.writeUInt16BE(shape === 'length' ? size + 16 : size, 2);
  bytes.fill(0, 28, 32);
  for (let at = 32; at < 32 + 16 * entries && at + 4 <= size; at += 16) bytes.writeUInt32BE(0x0002_0010, at);
  if (size >= 36) bytes.writeUInt32BE(4, size - 4);
  return bytes;
}
