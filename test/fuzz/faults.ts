import type { Fault } from './instrument.ts';

/** A mistake of the kind that is made, planted to see whether the loop finds it. */
export interface PlantedFault extends Fault {
  /** The target that is to find it. */
  readonly target: string;
}

/** By a short name. */
export const FAULTS: Readonly<Record<string, PlantedFault>> = {
  'future-claim': {
    target: 'exchange',
    file: 'greylist/merge-records.ts',
    find: ' && time <= now + MAX_AHEAD',
    replace: '',
  },
  'end-not-last': {
    target: 'wire',
    file: 'wire/decode.ts',
    find: 'if (at + size !== end) return',
    replace: 'if (at + size > end) return',
  },
  'string-runs-on': {
    target: 'wire',
    file: 'wire/decode.ts',
    find: 'if (end > at + size) return',
    replace: 'if (end > bytes.length) return',
  },
  'run-too-long': {
    target: 'wire',
    file: 'wire/quads.ts',
    find: 'const max = Math.min(MAX_RUN,',
    replace: 'const max = Math.min(MAX_RUN + 1,',
  },
  'walk-stands-still': {
    target: 'wire',
    file: 'wire/decode.ts',
    find: 'at += size;',
    replace: 'at += type === 0xffff ? 0 : size;',
  },
  'held-line-cut': {
    target: 'spamdb',
    file: 'spamdb/lines.ts',
    find: 'if (this.#heldLength < MAX_LINE) this.#block.copy',
    replace: 'if (this.#heldLength < 256) this.#block.copy',
  },
  'pipe-in-sender': {
    target: 'spamdb',
    file: 'spamdb/parse.ts',
    find: 'const beforeTo = beforeMailbox > firstPipe ?',
    replace: 'const beforeTo = beforeMailbox >= firstPipe ?',
  },
  'counts-not-compared': {
    target: 'snapshot',
    file: 'store/snapshot-format.ts',
    find: ' || noted.addresses !== addresses',
    replace: '',
  },
  'applied-while-verified': {
    target: 'snapshot',
    file: 'store/snapshot.ts',
    find: "'verify', onProgress, async () => {})",
    replace: "'verify', onProgress, async (records) => store.load(records))",
  },
  'leading-zero': {
    target: 'addresses',
    file: 'address.ts',
    find: 'if (octet === 0) return -1;',
    replace: '',
  },
  'network-of-odd-length': {
    target: 'addresses',
    file: 'address.ts',
    find: '(at + 1) * 16 - prefix))',
    replace: '(at + 1) * 16 - prefix - 1))',
  },
  'prefix-of-ipv6': {
    target: 'lists',
    file: 'spamdb/address-list.ts',
    find: 'if (prefix < 0 || prefix > widest)',
    replace: 'if (prefix < 0 || prefix > 128)',
  },
  'empty-original': {
    target: 'records',
    file: 'store/codec.ts',
    find: 'if (original !== undefined) message.original',
    replace: 'if (original) message.original',
  },
  'domain-not-checked': {
    target: 'smtp-server',
    file: 'adapters/smtp-server.ts',
    find: ' && URL.canParse(url)',
    replace: '',
  },
  'quote-in-helo': {
    target: 'dialect',
    file: 'peer/dialect.ts',
    find: 'if (/["\\\\]/.test(entry.helo))',
    replace: 'if (/"/.test(entry.helo))',
  },
  'failure-as-it-is': {
    target: 'redis',
    file: 'redis/calls.ts',
    find: 'new InTime(clock, timeout, troubleOf)',
    replace: 'new InTime(clock, timeout)',
  },
  'half-an-end-missed': {
    target: 'policy',
    file: 'adapters/postfix/request.ts',
    find: 'Math.max(this.#start, this.#end - 1)',
    replace: 'Math.max(this.#start, this.#end)',
  },
  'second-packet-lost': {
    target: 'milter',
    file: 'adapters/milter/packets.ts',
    find: '[bytes.subarray(needed)]',
    replace: '[bytes.subarray(needed + 1)]',
  },
  'held-part-overwritten': {
    target: 'opensmtpd',
    file: 'adapters/opensmtpd.ts',
    find: 'part.copy(this.#held, this.#length, 0',
    replace: 'part.copy(this.#held, 0, 0',
  },
};
