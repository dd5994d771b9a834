import { SyncKey } from 'spamd-sync';
import { describe, expect, it } from 'vitest';
import { hmacOf, KEY, KEY_FILE } from '../support/frame.ts';

/** Bytes that look random and are the same each time. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = length + 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

function mismatches(key: SyncKey, keyFile: Uint8Array | null): number[] {
  const wrong: number[] = [];
  for (let length = 1408; length >= 36; length--) {
    const bytes = noise(length);
    if (!Buffer.from(key.digest(bytes), 'latin1').equals(hmacOf(bytes, keyFile))) wrong.push(length);
  }
  return wrong;
}

describe('the HMAC', () => {
  it('is that of createHmac under the hexadecimal SHA-1 of the key file, for every length', () => {
    expect(mismatches(KEY, KEY_FILE)).toEqual([]);
  });

  it('is that of createHmac under the empty key, for every length', () => {
    expect(mismatches(SyncKey.none(), null)).toEqual([]);
  });

  it('is that of an empty key file, which is not the empty key', () => {
    expect(mismatches(SyncKey.fromBytes(new Uint8Array()), new Uint8Array())).toEqual([]);
    expect(hmacOf(noise(52), new Uint8Array())).not.toEqual(hmacOf(noise(52), null));
  });

  it('does not depend on what stands in its own 20 bytes, and on every other byte', () => {
    const bytes = noise(64);
    const digest = KEY.digest(bytes);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x80;
      expect(KEY.digest(changed) === digest).toBe(at >= 8 && at < 28);
    }
  });

  it('verifies all of its 20 bytes', () => {
    const bytes = noise(52);
    hmacOf(bytes).copy(bytes, 8);
    expect(KEY.verify(bytes)).toBe(KEY.digest(bytes));
    for (let at = 8; at < 28; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(KEY.verify(changed)).toBeUndefined();
    }
  });
});
