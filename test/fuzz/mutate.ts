import type { Random } from '../../src/transport/random.ts';

/** What a mutation may use. */
export interface Material {
  readonly random: Random;
  /** Another input that was kept. */
  readonly other: Uint8Array;
  readonly tokens: readonly Uint8Array[];
  readonly maxLength: number;
}

type Mutation = (bytes: Buffer, material: Material) => Buffer<ArrayBufferLike>;

/** Where signs, lengths and sizes end. */
const BORDERS = [0, 1, 2, 3, 4, 15, 16, 17, 31, 32, 63, 64, 100, 127, 128, 254, 255, 256, 1024, 0x7fff, 0x8000, 0xffff];
const MAX_MUTATIONS = 6;

/** An input with some of its bytes changed, moved, added or taken away. */
export function mutated(input: Uint8Array, material: Material): Buffer {
  const { random, maxLength } = material;
  let bytes: Buffer = Buffer.from(input);
  for (let left = 1 + random.below(MAX_MUTATIONS); left > 0; left--) {
    bytes = random.pick(MUTATIONS)(bytes, material).subarray(0, maxLength);
  }
  return bytes;
}

const MUTATIONS: readonly Mutation[] = [
  function flipBit(bytes, { random }) {
    const at = random.below(bytes.length);
    return withBytes(bytes, at, [(bytes[at] ?? 0) ^ (1 << random.below(8))]);
  },
  function setByte(bytes, { random }) {
    return withBytes(bytes, random.below(bytes.length), [random.below(256)]);
  },
  function addToByte(bytes, { random }) {
    const at = random.below(bytes.length);
    return withBytes(bytes, at, [(bytes[at] ?? 0) + random.below(33) - 16]);
  },
  function setNumber(bytes, { random }) {
    const value = random.pick(BORDERS);
    const number = random.chance(0.5)
      ? [value >>> 8, value]
      : random.chance(0.5)
        ? [value]
        : [0, 0, value >>> 8, value];
    return withBytes(bytes, random.below(bytes.length), random.chance(0.2) ? number.reverse() : number);
  },
  function setLargeNumber(bytes, { random }) {
    const number = [random.pick([0, 0x7f, 0x80, 0xff]), 0xff, 0xff, 0xff];
    return withBytes(bytes, random.below(bytes.length), number);
  },
  function insertBytes(bytes, { random }) {
    const inserted = Array.from({ length: 1 + random.below(8) }, () => random.below(256));
    return spliced(bytes, random.below(bytes.length + 1), 0, Buffer.from(inserted));
  },
  function insertToken(bytes, { random, tokens }) {
    return spliced(bytes, random.below(bytes.length + 1), 0, random.pick(tokens));
  },
  function setToken(bytes, { random, tokens }) {
    const token = random.pick(tokens);
    return spliced(bytes, random.below(bytes.length + 1), token.length, token);
  },
  function insertRun(bytes, { random, maxLength }) {
    const length = random.chance(0.1) ? random.below(maxLength) : random.below(64);
    return spliced(bytes, random.below(bytes.length + 1), 0, Buffer.alloc(length, random.below(256)));
  },
  function remove(bytes, { random }) {
    return spliced(bytes, random.below(bytes.length), lengthOf(bytes, random), Buffer.alloc(0));
  },
  function repeat(bytes, { random }) {
    const from = random.below(bytes.length);
    const part = bytes.subarray(from, from + lengthOf(bytes, random));
    const times = random.chance(0.1) ? random.below(100) : 1;
    return spliced(bytes, from, 0, Buffer.concat(Array.from({ length: times }, () => part)));
  },
  function move(bytes, { random }) {
    const from = random.below(bytes.length);
    const part = Buffer.from(bytes.subarray(from, from + lengthOf(bytes, random)));
    return spliced(spliced(bytes, from, part.length, Buffer.alloc(0)), random.below(bytes.length), 0, part);
  },
  function cross(bytes, { random, other }) {
    const from = random.below(other.length);
    const part = other.subarray(from, from + random.below(other.length + 1));
    return spliced(bytes, random.below(bytes.length + 1), random.below(part.length + 1), part);
  },
  function cutOff(bytes, { random }) {
    return random.chance(0.3) ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
  },
];

/** Mostly short: long parts leave little of an input. */
function lengthOf({ length }: Uint8Array, random: Random): number {
  return 1 + random.below(random.chance(0.5) ? Math.min(length, 8) : length);
}

/** In place: the input was copied. */
function withBytes(bytes: Buffer, at: number, values: readonly number[]): Buffer {
  for (const [i, value] of values.entries()) if (at + i < bytes.length) bytes[at + i] = value;
  return bytes;
}

function spliced(bytes: Buffer, at: number, removed: number, inserted: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]);
}
