/** What comes of decoding. */
import { DecodeError, type DecodeReason, decodeDatagram } from 'spamd-sync/wire';
import { KEY } from './frame.ts';

export function decode(bytes: Uint8Array) {
  return decodeDatagram(bytes, { key: KEY });
}

export function refusal(bytes: Uint8Array): { reason: DecodeReason; offset: number } {
  try {
    decode(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return { reason: error.reason, offset: error.offset };
    throw error;
  }
  throw new Error('it was decoded');
}
