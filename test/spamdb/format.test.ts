import { EntryError, formatSpamdb, parseSpamdb, type SpamdbRecord } from 'spamd-sync/spamdb';
import { describe, expect, it } from 'vitest';
import { collect, text } from './helpers.ts';

const NUMBERS = { first: 1, pass: 2, expires: 3, blocked: 4, passed: 5 };
const GREY = { type: 'GREY' as const, ip: '192.0.2.1', helo: 'h', from: '<a@b>', to: '<c@d>', ...NUMBERS };
const TRAPPED = { type: 'TRAPPED' as const, ip: '192.0.2.1', expires: 4294967295 };

describe('formatSpamdb', () => {
  it('formatSpamdb writes what spamdb(8) prints', async () => {
    const records: SpamdbRecord[] = [
      GREY,
      { ...GREY, helo: '', from: '<>' },
      { type: 'WHITE', ip: '2001:db8::1', ...NUMBERS },
      TRAPPED,
      { type: 'SPAMTRAP', address: 'a|b@c' },
      { type: 'DOMAIN', domain: 'example.net' },
      { type: 'WHITE', ip: '192.0.2.0/24', ...NUMBERS },
    ];
    expect(await text(formatSpamdb(records))).toBe(
      [
        'GREY|192.0.2.1|h|<a@b>|<c@d>|1|2|3|4|5\n',
        'GREY|192.0.2.1||<>|<c@d>|1|2|3|4|5\n',
        'WHITE|2001:db8::1|||1|2|3|4|5\n',
        'TRAPPED|192.0.2.1|4294967295\n',
        'SPAMTRAP|a|b@c\n',
        'DOMAIN|example.net\n',
        'WHITE|192.0.2.0/24|||1|2|3|4|5\n',
      ].join(''),
    );
  });

  it('formatSpamdb gives an old tuple, which has no HELO, an empty one, as spamdb(8) does', async () => {
    const old = 'GREY|192.0.2.1|<a@b>|<c@d>|1|2|3|4|5\n';
    expect(await text(formatSpamdb(parseSpamdb(old)))).toBe('GREY|192.0.2.1||<a@b>|<c@d>|1|2|3|4|5\n');
  });

  it('formatSpamdb writes nothing of no records', async () => {
    expect(await collect(formatSpamdb([]))).toEqual([]);
  });

  it('formatSpamdb hands out chunks of some 64 KB, which end with a line', async () => {
    function* many(): Iterable<SpamdbRecord> {
      for (let expires = 0; expires < 20_000; expires++) yield { type: 'TRAPPED', ip: '192.0.2.1', expires };
    }
    const chunks = await collect(formatSpamdb(many()));
    expect(chunks.length).toBeGreaterThan(4);
    for (const [at, chunk] of chunks.entries()) {
      expect(chunk.endsWith('\n')).toBe(true);
      expect(chunk.length).toBeLessThan(65_536 + 100);
      if (at < chunks.length - 1) expect(chunk.length).toBeGreaterThanOrEqual(65_536);
    }
    expect(await collect(parseSpamdb(chunks))).toEqual([...many()]);
  });

  it('formatSpamdb lets the event loop turn', async () => {
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    let written = 0;
    function* untilTurned(): Iterable<SpamdbRecord> {
      for (; !turned && written < 100_000; written++) yield TRAPPED;
    }
    await collect(formatSpamdb(untilTurned()));
    expect(written).toBeLessThan(100_000);
  });

  it.each([
    ['helo', 'a\nWHITE|192.0.2.9|||1|2|3|4|5', 'holds a control character'],
    ['from', '\0', 'holds a control character'],
    ['to', '\x7f', 'holds a control character'],
    ['to', undefined, 'is not a string'],
    ['ip', '', "is empty or holds a '|'"],
    ['ip', '192.0.2.1|x', "is empty or holds a '|'"],
    ['ip', '192.0.2.1\n', 'holds a control character'],
    ['first', 1.5, 'is not a whole number 0..4294967295'],
    ['pass', -1, 'is not a whole number 0..4294967295'],
    ['expires', 4294967296, 'is not a whole number 0..4294967295'],
    ['blocked', Number.NaN, 'is not a whole number 0..4294967295'],
    ['passed', '5', 'is not a whole number 0..4294967295'],
    ['type', 'BLACK', 'is unknown'],
  ])('formatSpamdb refuses a record whose %s is %j', async (field, value, detail) => {
    const records = [TRAPPED, { ...GREY, [field]: value } as SpamdbRecord];
    const error = await collect(formatSpamdb(records)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(EntryError);
    expect(error).toMatchObject({ code: 'ERR_SPAMD_FIELD', field, value, index: 1 });
    expect(String(error)).toContain(`entry 1: ${field} ${detail}`);
  });

  it.each([
    [{ ...TRAPPED, expires: 2 ** 32 }, 'expires'],
    [{ type: 'WHITE', ip: '192.0.2.1', ...NUMBERS, passed: -1 } as const, 'passed'],
    [{ type: 'SPAMTRAP', address: '' } as const, 'address'],
    [{ type: 'SPAMTRAP', address: 'a\rb' } as const, 'address'],
    [{ type: 'DOMAIN', domain: '' } as const, 'domain'],
    [{ type: 'DOMAIN', domain: 'a\x1b' } as const, 'domain'],
  ])('formatSpamdb refuses %j', async (record, field) => {
    await expect(collect(formatSpamdb([record]))).rejects.toMatchObject({ code: 'ERR_SPAMD_FIELD', field, index: 0 });
  });

  it('a record that has no line costs itself alone where formatSpamdb has an onBadRecord', async () => {
    const bad = [{ ...GREY, helo: 'a\nb' }, { ...TRAPPED, ip: 'a|b' }, { ...TRAPPED, expires: Number.NaN }, null];
    const errors: EntryError[] = [];
    const records = [GREY, ...bad, TRAPPED] as SpamdbRecord[];
    const written = await text(formatSpamdb(records, { onBadRecord: (error) => errors.push(error) }));
    expect(await collect(parseSpamdb(written))).toEqual([GREY, TRAPPED]);
    expect(errors.map(({ field, index }) => [field, index])).toEqual([
      ['helo', 1],
      ['ip', 2],
      ['expires', 3],
      ['record', 4],
    ]);
  });

  it('what onBadRecord throws ends the text, and so does what the records themselves throw', async () => {
    const enough = new Error('enough');
    const onBadRecord = () => {
      throw enough;
    };
    await expect(text(formatSpamdb([{ ...TRAPPED, ip: '' }], { onBadRecord }))).rejects.toBe(enough);
    async function* broken(): AsyncIterable<SpamdbRecord> {
      yield TRAPPED;
      throw new EntryError('ip', 'x', undefined, 'is from elsewhere');
    }
    await expect(text(formatSpamdb(broken(), { onBadRecord: () => {} }))).rejects.toThrow('is from elsewhere');
  });
});
