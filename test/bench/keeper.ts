/** A process that keeps a greylist in memory, filled or flooded, and looks at itself. */
import { Greylist, MemoryStore } from 'spamd-sync';
import { answer } from './child.ts';
import { NOW, sampleAttempt } from './stored.ts';

export interface Filled {
  readonly kept: number;
  readonly seconds: number;
  /** Heap and buffers, after a garbage collection. */
  readonly bytesEach: number;
  readonly mostResident: number;
}

export interface Flooded {
  /** How many addresses are still what they were made. */
  readonly whites: number;
  readonly traps: number;
  readonly tuples: number;
  readonly mostTuples: number;
  readonly mostResident: number;
}

const clock = { now: () => NOW };

function used(): number {
  global.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function mostResident(): number {
  return process.resourceUsage().maxRSS * 1024;
}

const calls = {
  async fill({ tuples }: { tuples: number }): Promise<Filled> {
    const before = used();
    const store = new MemoryStore({ maxTuples: tuples });
    await using greylist = new Greylist({ store, clock });
    const begin = performance.now();
    for (let i = 0; i < tuples; i++) await greylist.check(sampleAttempt(i));
    const seconds = (performance.now() - begin) / 1000;
    const bytesEach = (used() - before) / tuples;
    return { kept: store.stats().tuples, seconds, bytesEach, mostResident: mostResident() };
  },

  async flood(asked: { tuples: number; maxTuples: number; addresses: number }): Promise<Flooded> {
    const { maxTuples, addresses } = asked;
    const store = new MemoryStore({ maxTuples, maxAddresses: addresses });
    await using greylist = new Greylist({ store, clock });
    const address = (i: number) => `172.${16 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
    for (let i = 0; i < addresses; i++) {
      await (i % 2 === 0 ? greylist.allow(address(i)) : greylist.trap(address(i)));
    }
    let mostTuples = 0;
    for (let i = 0; i < asked.tuples; i++) {
      const name = Math.random().toString(36);
      await greylist.check({ ...sampleAttempt(i), helo: name, from: `<${name}@example.org>` });
      if (i % 1000 === 0) mostTuples = Math.max(mostTuples, store.stats().tuples);
    }
    const { tuples } = store.stats();
    let [whites, traps] = [0, 0];
    for (let i = 0; i < addresses; i++) {
      const { reason } = await greylist.check({ ...sampleAttempt(i), ip: address(i) });
      if (i % 2 === 0 && reason === 'white') whites++;
      if (i % 2 === 1 && reason === 'trapped') traps++;
    }
    return { whites, traps, tuples, mostTuples, mostResident: mostResident() };
  },
};
export type KeeperCalls = typeof calls;

answer(calls);
