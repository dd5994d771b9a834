import { exportTraplist, formatSpamdb, parseAddressList, parseSpamdb, toEntries } from 'spamd-sync/spamdb';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../support/failure.ts';
import { collect } from './helpers.ts';

const now = 1_800_000_000;

/** What a program without types may hand in. */
function any(value: unknown): never {
  return value as never;
}

describe('what is not a text, what is not records, and invalid options', () => {
  it.each<[string, () => unknown, string]>([
    ['parseSpamdb()', () => parseSpamdb(any(undefined)), 'chunks: neither text nor bytes nor an iterable of them'],
    ['parseSpamdb(5)', () => parseSpamdb(any(5)), 'chunks: neither text nor bytes nor an iterable of them: 5'],
    [
      'parseSpamdb(text, 5)',
      () => parseSpamdb('', any(5)),
      'options: not an object with onBadLine, onProgress, signal',
    ],
    ['parseSpamdb(text, null)', () => parseSpamdb('', any(null)), 'options: not an object with onBadLine'],
    [
      'parseSpamdb(text, { pool })',
      () => parseSpamdb('', any({ pool: true })),
      'pool: no such option; there are: onBadLine, onProgress, signal, pools',
    ],
    ['parseSpamdb(text, { pools })', () => parseSpamdb('', { pools: any('yes') }), 'pools: not true or false: "yes"'],
    ['parseSpamdb(text, { signal })', () => parseSpamdb('', { signal: any({}) }), 'signal: not an AbortSignal'],
    [
      'parseSpamdb(text, { onProgress })',
      () => parseSpamdb('', { onProgress: any(5) }),
      'onProgress: not a function: 5',
    ],
    ['parseAddressList(null)', () => parseAddressList(any(null)), 'chunks: neither text nor bytes nor an iterable'],
    ['parseAddressList(text, 5)', () => parseAddressList('', any(5)), 'options: not an object with onBadLine'],
    [
      'parseAddressList(text, { pools })',
      () => parseAddressList('', any({ pools: true })),
      'pools: no such option; there are: onBadLine, onProgress, signal',
    ],
    ['formatSpamdb()', () => formatSpamdb(any(undefined)), 'records: not an iterable of records: undefined'],
    ["formatSpamdb('text')", () => formatSpamdb(any('text')), 'records: a text, not records: parseSpamdb() makes them'],
    [
      'formatSpamdb([], { onBad })',
      () => formatSpamdb([], any({ onBad: () => {} })),
      'onBad: no such option; there are: onBadRecord',
    ],
    [
      'formatSpamdb([], { onBadRecord })',
      () => formatSpamdb([], { onBadRecord: any('skip') }),
      'onBadRecord: not a function: "skip"',
    ],
    [
      'exportTraplist([], { onBadRecord })',
      () => exportTraplist([], { now, onBadRecord: any('skip') }),
      'onBadRecord: not a function: "skip"',
    ],
    ['toEntries()', () => toEntries(any(undefined), { now }), 'records: not an iterable of records: undefined'],
    ["toEntries('text')", () => toEntries(any('text'), { now }), 'records: a text, not records'],
    [
      'toEntries([])',
      () => toEntries([], any(undefined)),
      'options: not an object with now, trapexp, onLeftOut: undefined',
    ],
    [
      'toEntries([], now)',
      () => toEntries([], any(now)),
      `options: not an object with now, trapexp, onLeftOut: ${now}`,
    ],
    [
      'toEntries([], { trapExp })',
      () => toEntries([], any({ now, trapExp: 5 })),
      'trapExp: no such option; there are: now, trapexp, onLeftOut',
    ],
    ['exportTraplist(5)', () => exportTraplist(any(5), { now }), 'records: not an iterable of records: 5'],
    [
      'exportTraplist([])',
      () => exportTraplist([], any(undefined)),
      'options: not an object with now, onBadRecord: undefined',
    ],
    [
      'exportTraplist([], { at })',
      () => exportTraplist([], any({ now, at: 5 })),
      'at: no such option; there are: now, onBadRecord',
    ],
  ])('%s is refused at once, by name', (_call, call, message) => {
    let failure: unknown;
    try {
      // At once, not only when it is read.
      call();
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ code: 'ERR_SPAMD_OPTION', message: expect.stringContaining(message) });
  });
});

describe('an option that is given as undefined', () => {
  it('an option that is given as undefined is absent to every function of the room', async () => {
    const parse = { onBadLine: undefined, onProgress: undefined, signal: undefined };
    const records = parseSpamdb('TRAPPED|192.0.2.1|4000000000\n', { ...parse, pools: undefined });
    const options = { now, trapexp: undefined, onLeftOut: undefined };
    expect(await collect(toEntries(records, options))).toMatchObject([{ type: 'trapped', timestamp: now }]);
    const format = { onBadRecord: undefined };
    expect(await collect(formatSpamdb([], format))).toEqual([]);
    expect(await collect(exportTraplist([], { now, ...format }))).toHaveLength(1);
    expect(await collect(parseAddressList('192.0.2.1', parse))).toHaveLength(1);
  });
});

describe('what is not a record', () => {
  const sound = { type: 'TRAPPED', ip: '192.0.2.1', expires: now + 5 } as const;
  it.each<[string, (records: never) => unknown]>([
    ['formatSpamdb', (records) => formatSpamdb(records)],
    ['toEntries', (records) => toEntries(records, { now })],
    ['exportTraplist', (records) => exportTraplist(records, { now })],
  ])('what is not a record is named by %s, with its place', async (_name, call) => {
    for (const wrong of [null, undefined, 'TRAPPED|192.0.2.2|5', 5]) {
      const error = await failureOf(() => call(any([sound, wrong])));
      expect(error).toMatchObject({ code: 'ERR_SPAMD_FIELD', field: 'record', value: wrong, index: 1 });
    }
    for (const ip of [undefined, null, 5]) {
      const error = await failureOf(() => call(any([sound, { ...sound, ip }])));
      expect(error).toMatchObject({ code: 'ERR_SPAMD_FIELD', field: 'ip', value: ip, index: 1 });
    }
    for (const expires of [undefined, '5', Number.NaN, now * 1000]) {
      const error = await failureOf(() => call(any([sound, { ...sound, expires }])));
      expect(error).toMatchObject({ code: 'ERR_SPAMD_FIELD', field: 'expires', value: expires, index: 1 });
    }
  });
});
