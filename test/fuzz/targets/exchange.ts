/**
 * What another peer with the key sends over an exchange, cut as a stream may be: refused as one kind of error or as the end of the
 * connection, else merged, and a store then holds nothing that no greylist would have come to itself.
 */
import { ok } from 'node:assert/strict';
import { Greylist, MemoryStore } from 'spamd-sync';
import { encodeAddress, encodeTuple, newAddress, newTuple, type StoreRecord, tupleKey } from 'spamd-sync/store';
import { systemClock } from '../../../src/clock.ts';
import { Allowance } from '../../../src/exchange/allowance.ts';
import type { Channel } from '../../../src/exchange/channel.ts';
import { Digest } from '../../../src/exchange/digest.ts';
import { DigestedStore } from '../../../src/exchange/digested-store.ts';
import { ExchangeError, isBreak, type MessageProperties, messageFrame } from '../../../src/exchange/messages.ts';
import { Session } from '../../../src/exchange/session.ts';
import type { Target } from '../engine.ts';

const NOW = 1_800_000_000;
const clock = { ...systemClock, now: () => NOW };
const SUMS = Buffer.alloc(128, 1);
const KEY = tupleKey('192.0.2.1', 'mx.example.org', '<a@example.org>', '<b@example.net>');
const ADDRESS = { ...newAddress(NOW - 9), white: [{ at: NOW - 9, expires: NOW + 9 }], trappedRemoved: 7 };

const HELLO: MessageProperties = { hello: { version: 1, instance: Buffer.alloc(16, 1) } };
const MESSAGES: readonly MessageProperties[] = [
  { differ: { sums: [{ bucket: 3, sums: SUMS }] } },
  { listing: { leaf: [{ leaf: 9, hashes: Buffer.alloc(4) }], end: true, whole: 1 } },
  { items: { item: [{ key: KEY, tuple: encodeTuple(newTuple(NOW - 9, 14_400, undefined)) }], end: false } },
  { items: { item: [{ key: '192.0.2.2', address: encodeAddress(ADDRESS) }], end: true } },
  { ask: { salt: 7, sums: SUMS } },
  { compare: { sums: [{ bucket: 200, sums: SUMS }] } },
  { want: { leaf: [{ leaf: 9, hashes: Buffer.alloc(2) }], end: true } },
  { live: [{ type: 'trapped', ip: '2001:db8::1', timestamp: NOW, expires: NOW + 9 }] },
  { live: [{ type: 'grey', ip: '2001:db8::2', helo: 'h', from: '<a@b>', to: '<c@d>', timestamp: NOW }] },
];

function stream(...messages: readonly MessageProperties[]): Buffer {
  return Buffer.concat([HELLO, ...messages].map(messageFrame));
}

/** The end of a connection: what comes in is the input, in pieces; what goes out is nobody's. */
class InputChannel implements Channel {
  readonly remote = { address: '192.0.2.9', port: 1 };
  readonly waiting = 0;
  readonly isAuthorised = true;
  readonly #input: Buffer;
  isClosed = false;

  constructor(input: Buffer) {
    this.#input = input;
  }

  async write(): Promise<void> {}

  async *read(): AsyncGenerator<Uint8Array, void> {
    const size = 1 + ((this.#input.at(-1) ?? 0) % 64);
    for (let at = 0; at < this.#input.length && !this.isClosed; at += size) yield this.#input.subarray(at, at + size);
  }

  close(): void {
    this.isClosed = true;
  }
}

export const exchange: Target = {
  name: 'exchange',
  maxLength: 2048,
  seeds: [
    stream(...MESSAGES.slice(0, 4)),
    stream(...MESSAGES.slice(4, 7)),
    stream(...MESSAGES.slice(7)),
    stream(...MESSAGES),
    ...MESSAGES.map((message) => stream(message)),
  ],
  tokens: [
    SUMS,
    Buffer.from(KEY, 'latin1'),
    Buffer.from('192.0.2.1'),
    Buffer.from('ff02::1'),
    ...MESSAGES.map(messageFrame),
  ],
  async run(input) {
    const digest = new Digest();
    const inner = new MemoryStore();
    const store = new DigestedStore(inner, digest);
    const greylist = new Greylist({ store, clock, sweepInterval: 86_400 });
    const channel = new InputChannel(input);
    try {
      const session = await Session.open(channel, {
        ...{ store, digest, clock, allowance: new Allowance(clock), instance: Buffer.alloc(16), salt: () => 7 },
        merge: (records, address) => greylist.mergeRecords(records, address),
        onLive: ({ timestamp }) => ok(Number.isInteger(timestamp)),
      });
      const round = session.round().catch((error) => {
        // As the exchange does: nobody takes what still comes.
        session.close();
        refused(error);
      });
      await session.run(() => {}).catch(refused);
      session.close();
      await round;
    } catch (error) {
      refused(error);
    } finally {
      await greylist.close();
    }
    ok(channel.isClosed, 'left open');
    for await (const record of inner.records()) sound(record);
  },
};

function refused(error: unknown): void {
  if (!(error instanceof ExchangeError) && !isBreak(error)) throw error;
}

function sound(item: StoreRecord): void {
  ok(item.type !== 'spamtrap', 'a spamtrap from elsewhere');
  if (item.type === 'tuple') {
    const { first, expires, passed, original } = item.record;
    ok(first >= 1 && first <= NOW + 5 && expires === first + 14_400 && expires > NOW, 'a tuple of another time');
    ok(passed === 0 && (original ?? '').length <= 1360, 'a tuple that no greylist makes');
    return;
  }
  const { white, trapped, whiteRemoved, trappedRemoved, localWhite, announcedAt, blocked, passed } = item.record;
  for (const { at, expires } of [...white, ...trapped]) {
    ok(at >= 1 && at <= NOW + 5 && expires > at && expires < 2 ** 32 && Number.isInteger(at + expires), 'a claim');
  }
  ok(Math.max(whiteRemoved, trappedRemoved) <= NOW + 5, 'a removal from the future');
  ok(localWhite === 0 && announcedAt === 0 && blocked === 0 && passed === 0, "what is a host's own");
}
