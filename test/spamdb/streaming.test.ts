import { parseSpamdb } from 'spamd-sync/spamdb';
import { describe, expect, it } from 'vitest';
import { collect, pieces, readLines } from './helpers.ts';

const LINE = 'TRAPPED|192.0.2.1|1\n';

describe('chunks', () => {
  const sample = 'SPAMTRAP|ä€😀@example.net\r\nTRAPPED|192.0.2.1|1\nSPAMTRAP|😀';

  it('a chunk may end anywhere, also within a character', async () => {
    const expected = await readLines(sample);
    expect(expected.records).toEqual([
      { type: 'SPAMTRAP', address: 'ä€😀@example.net' },
      { type: 'TRAPPED', ip: '192.0.2.1', expires: 1 },
      { type: 'SPAMTRAP', address: '😀' },
    ]);
    const bytes = Buffer.from(sample);
    for (let at = 0; at <= bytes.length; at++) {
      expect(await readLines([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected);
      expect(await readLines([sample.slice(0, at), '', sample.slice(at)])).toEqual(expected);
    }
    expect(await readLines(sample.split(''))).toEqual(expected);
  });

  it('chunks may be large strings of characters that take two', async () => {
    for (const shift of ['', 'x']) {
      const address = shift + '😀'.repeat(15_000);
      const { records, bad } = await readLines(`SPAMTRAP|${address}\n`.repeat(5));
      expect(bad).toEqual([]);
      expect(records).toEqual(Array(5).fill({ type: 'SPAMTRAP', address }));
    }
  });

  it('half a character at the end of a chunk, or before bytes, becomes a replacement character', async () => {
    const { records } = await readLines(['SPAMTRAP|\ud83d', Buffer.from('\nSPAMTRAP|x'), '\ud83d']);
    expect(records).toEqual([
      { type: 'SPAMTRAP', address: '\ufffd' },
      { type: 'SPAMTRAP', address: 'x\ufffd' },
    ]);
  });

  it('chunks may be text and bytes, and of one memory used again and again', async () => {
    function* reusing(): Iterable<Uint8Array> {
      const memory = Buffer.alloc(8);
      for (const part of pieces('TRAPPED|192.0.2.1|12\nTRAPPED|192.0.2.22|3\n', 8)) {
        yield memory.subarray(0, memory.write(part));
      }
    }
    const { records } = await readLines(reusing());
    expect(records).toEqual([
      { type: 'TRAPPED', ip: '192.0.2.1', expires: 12 },
      { type: 'TRAPPED', ip: '192.0.2.22', expires: 3 },
    ]);
  });
});

describe('a long parse', () => {
  it('a long parse lets the event loop turn', async () => {
    let turns = 0;
    let going = true;
    const turn = (): void => {
      turns++;
      if (going) setImmediate(turn);
    };
    setImmediate(turn);
    const records = await collect(parseSpamdb(LINE.repeat(20_000)));
    going = false;
    expect(records).toHaveLength(20_000);
    expect(turns).toBeGreaterThanOrEqual(19);
  });

  it('a parse lets the event loop turn between blocks of one endless line', async () => {
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    function* endless(): Iterable<string> {
      while (!turned) yield 'x'.repeat(10_000);
    }
    expect((await readLines(endless())).bad).toEqual([[1, 'longer than 65536 bytes']]);
  });

  it('onProgress is called with how far the parse has come, and once at its end', async () => {
    const seen: { lines: number; bytes: number; bad: number }[] = [];
    await readLines(`${LINE.repeat(5000)}bad\n`, { onProgress: (progress) => seen.push(progress) });
    expect(seen.length).toBeGreaterThanOrEqual(5);
    expect(seen.map(({ lines }) => lines)).toEqual(seen.map(({ lines }) => lines).sort((a, b) => a - b));
    expect(seen.at(-1)).toEqual({ lines: 5001, bytes: 5000 * LINE.length + 4, bad: 1 });
    expect(seen[0]?.lines).toBeLessThanOrEqual(1000);
  });

  it('a parse takes a chunk only when the last one is used up', async () => {
    let asked = 0;
    function* source(): Iterable<string> {
      for (;;) {
        asked++;
        yield LINE.repeat(2);
      }
    }
    let read = 0;
    for await (const _ of parseSpamdb(source())) {
      read++;
      expect(asked).toBe(Math.ceil(read / 2));
      if (read === 10) break;
    }
  });

  it('a parse that is left lets go of its source', async () => {
    for (const options of [{}, { signal: new AbortController().signal }]) {
      let closed = false;
      async function* source(): AsyncIterable<string> {
        try {
          for (;;) yield LINE;
        } finally {
          closed = true;
        }
      }
      for await (const _ of parseSpamdb(source(), options)) break;
      expect(closed).toBe(true);
    }
  });

  it('a parse passes on what its source throws', async () => {
    async function* source(): AsyncIterable<string> {
      yield LINE;
      throw new RangeError('the disk');
    }
    for (const options of [{}, { signal: new AbortController().signal }]) {
      await expect(collect(parseSpamdb(source(), options))).rejects.toThrow(new RangeError('the disk'));
    }
  });
});

describe('an abort', () => {
  const reason = new RangeError('stopped');

  it('a parse that is aborted beforehand reads nothing', async () => {
    let asked = false;
    function* source(): Iterable<string> {
      asked = true;
      yield LINE;
    }
    await expect(collect(parseSpamdb(source(), { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    expect(asked).toBe(false);
  });

  it('an abort ends a parse within the next 1000 lines', async () => {
    const controller = new AbortController();
    let read = 0;
    const run = async (): Promise<void> => {
      for await (const _ of parseSpamdb(LINE.repeat(10_000), { signal: controller.signal })) {
        if (++read === 1500) controller.abort(reason);
      }
    };
    await expect(run()).rejects.toBe(reason);
    expect(read).toBe(2000);
  });

  it('an abort ends the wait for a source that is stuck', async () => {
    const controller = new AbortController();
    async function* source(): AsyncIterable<string> {
      yield LINE;
      controller.abort(reason);
      await new Promise(() => {});
    }
    await expect(collect(parseSpamdb(source(), { signal: controller.signal }))).rejects.toBe(reason);
  });

  it('an abort between two chunks is seen before the source is waited for', async () => {
    const controller = new AbortController();
    async function* source(): AsyncIterable<string> {
      yield LINE;
      await new Promise(() => {});
    }
    const run = async (): Promise<void> => {
      for await (const _ of parseSpamdb(source(), { signal: controller.signal })) controller.abort(reason);
    };
    await expect(run()).rejects.toBe(reason);
  });

  it('a signal that is never aborted keeps no listener', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    expect(await collect(parseSpamdb(Array(50).fill(LINE), { signal }))).toHaveLength(50);
    await new Promise((resolve) => setImmediate(resolve));
    expect(listeners).toBe(0);
  });
});
