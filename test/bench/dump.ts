/** A process that writes, reads and compares texts of spamdb(8). */
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pipeline } from 'node:stream/promises';
import { Greylist, MemoryStore } from 'spamd-sync';
import { formatSpamdb, parseSpamdb, type SpamdbRecord } from 'spamd-sync/spamdb';
import { answer } from './child.ts';
import { Numbers } from './samples.ts';

/** What a text was, once it had gone through. */
export interface Passage {
  readonly seconds: number;
  readonly lines: number;
  /** Resident memory before, and the most seen, in bytes. */
  readonly before: number;
  readonly most: number;
  /** The longest that the event loop was held up. */
  readonly stallMs: number;
}

interface Paths {
  readonly from: string;
  readonly to: string;
}

const calls = {
  /** A text in the order in which a greylist lists it: half tuples, then addresses, then a few spamtraps. */
  async write({ path, lines }: { path: string; lines: number }): Promise<void> {
    await pipeline(formatSpamdb(sample(lines)), createWriteStream(path));
  },

  async parseAndFormat({ from, to }: Paths): Promise<Passage> {
    return passage(async (watch) => {
      const records = parseSpamdb(createReadStream(from), { onProgress: watch });
      await pipeline(formatSpamdb(records), createWriteStream(to));
    });
  },

  async throughGreylist({ from, to, lines }: Paths & { lines: number }): Promise<Passage> {
    const store = new MemoryStore({ maxTuples: lines, maxAddresses: lines });
    await using greylist = new Greylist({ store });
    return passage(async (watch) => {
      const report = await greylist.import(parseSpamdb(createReadStream(from), { onProgress: watch }));
      if (report.ignored > 0) throw new Error(`${report.ignored} records were not taken in`);
      await pipeline(formatSpamdb(greylist.export()), createWriteStream(to));
      watch({ lines });
    });
  },

  async equal({ from, to }: Paths): Promise<boolean> {
    const [before, after] = await Promise.all([readFile(from), readFile(to)]);
    return before.equals(after);
  },
};

export type DumpCalls = typeof calls;

answer(calls);

async function passage(run: (watch: (progress: { lines: number }) => void) => Promise<void>): Promise<Passage> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let most = before;
  let read = 0;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const began = performance.now();
  await run(({ lines }) => {
    read = lines;
    most = Math.max(most, process.memoryUsage.rss());
  });
  const seconds = (performance.now() - began) / 1000;
  delay.disable();
  return { seconds, lines: read, before, most, stallMs: delay.max / 1e6 };
}

function* sample(lines: number): Iterable<SpamdbRecord> {
  const numbers = new Numbers(2025);
  const now = Math.floor(Date.now() / 1000);
  // All different: counted on, with a stride that scatters them over 10/8.
  const address = (at: number): string => {
    const host = (at * 7_368_787) & 0xff_ffff;
    return `10.${host >> 16}.${(host >> 8) & 255}.${host & 255}`;
  };
  const spamtraps = Math.ceil(lines / 1000);
  const tuples = lines >> 1;
  for (let at = 0; at < lines - spamtraps; at++) {
    const ip = address(at);
    const first = now - numbers.below(10_000);
    if (at < tuples) {
      const helo = `mail${numbers.below(1e6)}.example.org`;
      const from = `<sender${numbers.below(1e6)}@example.org>`;
      const to = `<recipient${numbers.below(1e6)}@example.net>`;
      const expires = first + 14_400;
      yield {
        type: 'GREY',
        ip,
        helo,
        from,
        to,
        first,
        pass: expires,
        expires,
        blocked: 1 + numbers.below(5),
        passed: 0,
      };
    } else if (at % 4 === 0) yield { type: 'TRAPPED', ip, expires: first + 86_400 };
    else {
      const pass = first + 1500;
      const expires = first + 36 * 86_400;
      yield { type: 'WHITE', ip, first, pass, expires, blocked: numbers.below(5), passed: numbers.below(500) };
    }
  }
  for (let at = 0; at < spamtraps; at++) yield { type: 'SPAMTRAP', address: `trap${at}@example.net` };
}
