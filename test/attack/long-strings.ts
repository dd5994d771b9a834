/**
 * One client that sends long strings, into a store in a process of limited heap.
 *
 *     node --max-old-space-size=512 --expose-gc --import tsx test/attack/long-strings.ts [--tuples 60000] [--length 9000]
 *       [--letter x] [--store memory]
 *
 * Prints what a tuple takes, and what a bounded store lets the process grow to. Before strings were cut and bytes counted,
 * a heap of 512 MB ended within it.
 */
import { parseArgs } from 'node:util';
import { Greylist } from '../../src/index.ts';
import { openStore } from './stores.ts';

const { values } = parseArgs({
  options: {
    tuples: { type: 'string', default: '60000' },
    length: { type: 'string', default: '9000' },
    letter: { type: 'string', default: 'x' },
    store: { type: 'string', default: 'memory' },
  },
});
const tuples = Number(values.tuples);
const padding = values.letter.repeat(Number(values.length));

function used(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function main(): Promise<void> {
  const before = used();
  const [store, close] = await openStore(values.store, {});
  const greylist = new Greylist({ store });
  const begin = performance.now();
  for (let i = 0; i < tuples; i++) {
    await greylist.check({
      ip: '192.0.2.1',
      helo: `H${i}${padding}`,
      from: `<f${i}${padding}@example.org>`,
      to: `<${padding}${i}@example.net>`,
    });
    if (i % Math.ceil(tuples / 5) === 0) console.log(`${i} sent, ${(used() / 2 ** 20).toFixed(0)} MiB`);
  }
  const seconds = (performance.now() - begin) / 1000;
  const { tuples: kept, evictedTuples } = await store.stats();
  const bytes = used() - before;
  console.log(`${tuples} attempts with strings of ${padding.length}: ${kept} tuples kept, ${evictedTuples} pushed out`);
  console.log(`${(bytes / kept).toFixed(0)} bytes a tuple, ${(bytes / 2 ** 20).toFixed(0)} MiB in all`);
  console.log(`${((seconds / tuples) * 1e6).toFixed(0)} us an attempt`);
  console.log(`resident at most ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
  await greylist.close();
  await close();
}

await main();
