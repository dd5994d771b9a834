import { parseSpamdb, readAll } from 'spamd-sync/spamdb';
import { describe, expect, it } from 'vitest';
import { collect, pieces } from './helpers.ts';

const LINE = 'SPAMTRAP|träp😀@example.net\n';
const ASCII = 'TRAPPED|192.0.2.1|12\nTRAPPED|192.0.2.22|3\n';
const KIB_64 = 65_536;

describe('readAll', () => {
  it('readAll reads to the end of the source before anything is handed out', async () => {
    let ended = false;
    async function* source(): AsyncIterable<string> {
      yield* pieces(LINE.repeat(3), 7);
      ended = true;
    }
    const blocks = await readAll(source());
    expect(ended).toBe(true);
    expect(Buffer.concat(blocks).toString()).toBe(LINE.repeat(3));
    expect(await collect(parseSpamdb(blocks))).toHaveLength(3);
  });

  it.each([0, 1, KIB_64 - 1, KIB_64, KIB_64 + 1, 3 * KIB_64])(
    'readAll gives %i bytes back in blocks of 64 KiB',
    async (size) => {
      const bytes = Buffer.alloc(size, 'abcdefg');
      const whole = await readAll(bytes);
      expect(Buffer.concat(whole).equals(bytes)).toBe(true);
      expect(whole).toHaveLength(Math.ceil(size / KIB_64));
      const cut = await readAll(pieces(bytes.toString(), 1000));
      expect(Buffer.concat(cut).equals(bytes)).toBe(true);
      expect(cut).toHaveLength(Math.ceil(size / KIB_64));
    },
  );

  it('readAll copies what it reads, since a source may use its memory again', async () => {
    function* reusing(): Iterable<Uint8Array> {
      const memory = Buffer.alloc(8);
      for (const part of pieces(ASCII, 8)) yield memory.subarray(0, memory.write(part));
    }
    expect(Buffer.concat(await readAll(reusing())).toString()).toBe(ASCII);
  });

  it('readAll refuses a text that is longer than allowed in one line, and asks for no more of it', async () => {
    let asked = 0;
    function* endless(): Iterable<string> {
      for (;;) {
        asked++;
        yield 'x'.repeat(1000);
      }
    }
    await expect(readAll(endless(), { maxBytes: 2500 })).rejects.toMatchObject({
      code: 'ERR_SPAMD_TOO_LONG',
      message: 'chunks: a text of more than 2500 bytes',
    });
    expect(asked).toBe(3);
    expect(await readAll('x'.repeat(2500), { maxBytes: 2500 })).toHaveLength(1);
  });

  it('readAll ends its wait for a source that is stuck when its signal is aborted', async () => {
    const controller = new AbortController();
    const reason = new RangeError('stopped');
    async function* stuck(): AsyncIterable<string> {
      yield LINE;
      controller.abort(reason);
      await new Promise(() => {});
    }
    await expect(readAll(stuck(), { signal: controller.signal })).rejects.toBe(reason);
  });

  it.each<[string, unknown, unknown]>([
    ['chunks: neither text nor bytes', 5, {}],
    ['chunks: neither text nor bytes', [5], {}],
    ['options: not an object with maxBytes, signal', '', 5],
    ['max: no such option', '', { max: 5 }],
    ['maxBytes: not a whole number 1..4294967296', '', { maxBytes: 0 }],
    ['signal: not an AbortSignal', '', { signal: {} }],
  ])('readAll refuses a mistake with “%s”', async (message, chunks, options) => {
    await expect(readAll(chunks as never, options as never)).rejects.toMatchObject({
      code: 'ERR_SPAMD_OPTION',
      message: expect.stringContaining(message),
    });
  });

  it('readAll takes an option that is undefined for one that is absent', async () => {
    expect(await readAll('x', { maxBytes: undefined, signal: undefined })).toHaveLength(1);
  });
});
