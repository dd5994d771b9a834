import { Greylist, type GreylistOptions, MemoryStore, type SpamdbRecord } from 'spamd-sync';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../support/failure.ts';
import { ATTEMPT, START, setUp, storeWith } from './setup.ts';

const IP = '198.51.100.7';
const WHITE: SpamdbRecord = {
  type: 'WHITE',
  ip: IP,
  first: START,
  pass: START,
  expires: START + 5,
  blocked: 1,
  passed: 0,
};
const GREY: SpamdbRecord = { ...WHITE, type: 'GREY', helo: 'h', from: '<a@b>', to: '<c@d>' };

/** What a program without types may hand in. */
function any(value: unknown): never {
  return value as never;
}

describe('new Greylist', () => {
  const spamtraps = new MemoryStore().spamtraps;
  const names = 'store, group, policy, clock, timeout, sweepInterval';
  it.each<[unknown, string]>([
    [null, `options: not an object with ${names}: null`],
    [5, `options: not an object with ${names}: 5`],
    [[], `options: not an object with ${names}: <a list of 0>`],
    [Promise.resolve({}), 'options: a promise: await it: [object Promise]'],
    [{ passtime: 5 }, `passtime: no such option; there are: ${names}`],
    [new MemoryStore(), `spamtraps: no such option; there are: ${names}`],
    [{ store: {} }, 'store: has no method update: [object Object]'],
    [{ store: null }, 'store: has no method update: null'],
    [{ store: Promise.resolve(new MemoryStore()) }, 'store: a promise: await it: [object Promise]'],
    [{ store: { ...storeWith({}), records: 5 } }, 'store: has no method records: [object Object]'],
    [{ store: { ...storeWith({}), spamtraps: undefined } }, 'store.spamtraps: has no method add: undefined'],
    [
      { store: { ...storeWith({}), spamtraps: { ...spamtraps, has: true } } },
      'store.spamtraps: has no method has: [object Object]',
    ],
    [{ group: {} }, 'group: has no method announce: [object Object]'],
    [{ group: 5 }, 'group: has no method announce: 5'],
    [{ group: null }, 'group: has no method announce: null'],
    [{ clock: {} }, 'clock: has no method now: [object Object]'],
    [{ clock: START }, `clock: has no method now: ${START}`],
    [{ policy: 5 }, 'policy: not an object with passtime, '],
    [{ policy: null }, 'policy: not an object with passtime, '],
    [{ policy: { passTime: 5 } }, 'policy.passTime: no such option; there are: passtime, greyexp, whiteexp, trapexp, '],
    [{ policy: { subnet: { ip: 24 } } }, 'policy.subnet.ip: no such option; there are: ipv4, ipv6'],
  ])('new Greylist(%o) is refused', async (options, message) => {
    const error = (await failureOf(() => new Greylist(options as GreylistOptions))) as Error;
    expect(error).toMatchObject({ name: 'SpamdSyncError', code: 'ERR_SPAMD_OPTION' });
    expect(error.message.slice(0, message.length)).toBe(message);
  });

  it('an option of a greylist that is undefined is absent', async () => {
    const none = { store: undefined, group: undefined, policy: undefined, clock: undefined };
    await using greylist = new Greylist(none as object);
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'first-sight' });
  });
});

type Call = (greylist: Greylist) => unknown;

describe('methods of a greylist', () => {
  const attempt = 'attempt is not an object with ip, helo, from, to';
  it.each<[string, Call, object]>([
    ['check()', (g) => g.check(any(undefined)), { field: 'attempt', message: `${attempt}: undefined` }],
    ['check(null)', (g) => g.check(any(null)), { field: 'attempt', message: `${attempt}: null` }],
    ['check(ip)', (g) => g.check(any(IP)), { field: 'attempt', message: `${attempt}: "${IP}"` }],
    ['check({})', (g) => g.check(any({})), { field: 'helo', message: 'helo is not a string: undefined' }],
    [
      'check() of a name',
      (g) => g.check({ ...ATTEMPT, ip: 'mx' }),
      { field: 'ip', message: 'ip is not an IP address: "mx"' },
    ],
    [
      'check() at a number',
      (g) => g.check({ ...ATTEMPT, connectedTo: any(25) }),
      { field: 'connectedTo', message: 'connectedTo is not a string: 25' },
    ],
    ['trap()', (g) => g.trap(any(undefined)), { field: 'ip', message: 'ip is not an IP address: undefined' }],
    ['trap() in the past', (g) => g.trap(IP, { expires: START }), { message: `expires is in the past: ${START}` }],
    [
      'allow() in milliseconds',
      (g) => g.allow(IP, { expires: START * 1000 }),
      { message: `expires is not a Date or whole Unix seconds, 0..4294967295: ${START * 1000}` },
    ],
    ['forget()', (g) => g.forget(any(null)), { field: 'ip', message: 'ip is not an IP address: null' }],
    [
      'spamtraps.add()',
      (g) => g.spamtraps.add(any(undefined)),
      { field: 'address', message: 'address is not a mail address: undefined' },
    ],
    ['spamtraps.add("<>")', (g) => g.spamtraps.add('<>'), { message: 'address is not a mail address: "<>"' }],
    ['spamtraps.delete()', (g) => g.spamtraps.delete(any(5)), { message: 'address is not a mail address: 5' }],
    ['spamtraps.has()', (g) => g.spamtraps.has(any(null)), { message: 'address is not a mail address: null' }],
  ])('%s is refused with an EntryError', async (_call, call, expected) => {
    const { greylist, warnings } = setUp();
    const error = await failureOf(() => call(greylist));
    expect(error).toMatchObject({ name: 'EntryError', code: 'ERR_SPAMD_FIELD', index: undefined, ...expected });
    expect(warnings).toEqual([]);
  });

  it.each<[string, Call, string]>([
    ['trap(ip, expires)', (g) => g.trap(IP, any(START + 5)), `options: not an object with expires, by: ${START + 5}`],
    ['trap(ip, null)', (g) => g.trap(IP, any(null)), 'options: not an object with expires, by: null'],
    ['trap(ip, { until })', (g) => g.trap(IP, any({ until: 5 })), 'until: no such option; there are: expires, by'],
    ['trap(ip, { by })', (g) => g.trap(IP, { by: any(5) }), 'by: not a string: 5'],
    ['check(attempt, true)', (g) => g.check(ATTEMPT, any(true)), 'options: not an object with trapsOnly: true'],
    ['check(…, { trapsOnly })', (g) => g.check(ATTEMPT, { trapsOnly: any(1) }), 'trapsOnly: not true or false: 1'],
    ['release(ip, { endsTrap })', (g) => g.release(IP, { endsTrap: any(1) }), 'endsTrap: not true or false: 1'],
    [
      'setPolicy({ passtime })',
      async (g) => g.setPolicy({ passtime: -1 }),
      'policy.passtime: not a whole number 0..2147483648: -1',
    ],
    ['setPolicy(null)', async (g) => g.setPolicy(any(null)), 'policy: not an object with'],
    ['allow(ip, expires)', (g) => g.allow(IP, any(START + 5)), `options: not an object with expires: ${START + 5}`],
    ['allow(ip, { until })', (g) => g.allow(IP, any({ until: 5 })), 'until: no such option; there are: expires'],
    [
      "import('text')",
      (g) => g.import(any('WHITE|')),
      'records: a text, not records: parseSpamdb() makes them of it: "WHITE|"',
    ],
    [
      'import(bytes)',
      (g) => g.import(any(Buffer.from('WHITE|'))),
      'records: a text, not records: parseSpamdb() makes them of it: <6 bytes>',
    ],
    ['import()', (g) => g.import(any(undefined)), 'records: not an iterable of records: undefined'],
    ['import(record)', (g) => g.import(any(WHITE)), 'records: not an iterable of records: [object Object]'],
    ['snapshot(5)', (g) => g.snapshot(any(5)), 'options: not an object with onProgress: 5'],
    ['snapshot({ progress })', (g) => g.snapshot(any({ progress: 5 })), 'progress: no such option'],
    ['snapshot({ onProgress })', (g) => g.snapshot({ onProgress: any(5) }), 'onProgress: not a function: 5'],
    ['restore()', (g) => g.restore(any(undefined)), 'source: neither a path nor a function'],
    ['restore(bytes)', (g) => g.restore(any(Buffer.alloc(3))), 'source: neither a path nor a function'],
    ['restore(() => 5)', (g) => g.restore(() => any(5)), 'source: gave no iterable of Uint8Array: 5'],
    ['restore(() => bytes)', (g) => g.restore(() => any(Buffer.alloc(3))), 'source: gave no iterable of Uint8Array'],
    [
      'restore(() => texts)',
      (g) => g.restore(() => any(['text'])),
      'source: gave a chunk that is no Uint8Array: "text"',
    ],
    ['restore(path, 5)', (g) => g.restore('snapshot', any(5)), 'options: not an object with onProgress: 5'],
  ])('%s is refused, and changes nothing', async (_call, call, message) => {
    const { greylist } = setUp();
    const error = (await failureOf(() => call(greylist))) as Error;
    expect(error).toMatchObject({ name: 'SpamdSyncError', code: 'ERR_SPAMD_OPTION' });
    expect(error.message.slice(0, message.length)).toBe(message);
    expect(await greylist.stats()).toMatchObject({ store: { tuples: 0, addresses: 0, spamtraps: 0 } });
  });

  it.each<[string, unknown]>([
    ['record', null],
    ['record', 'WHITE|192.0.2.1'],
    ['type', {}],
    ['type', { ...WHITE, type: 'BLACK' }],
    ['ip', { ...WHITE, ip: undefined }],
    ['first', { ...WHITE, first: undefined }],
    ['pass', { ...WHITE, pass: Number.NaN }],
    ['expires', { ...WHITE, expires: '4000000000' }],
    ['expires', { type: 'TRAPPED', ip: IP }],
    ['expires', { type: 'TRAPPED', ip: IP, expires: START * 1000 }],
    ['blocked', { ...WHITE, blocked: -1 }],
    ['passed', { ...GREY, passed: 0.5 }],
    ['helo', { ...GREY, helo: undefined }],
    ['from', { ...GREY, from: null }],
    ['to', { ...GREY, to: 5 }],
    ['address', { type: 'SPAMTRAP' }],
  ])('import() of a record with an invalid %s is refused: %o', async (field, record) => {
    const { greylist } = setUp();
    const error = await failureOf(() => greylist.import([WHITE, any(record)]));
    expect(error).toMatchObject({ name: 'EntryError', code: 'ERR_SPAMD_FIELD', field, index: 1 });
  });

  it('import() of valid records counts each kind', async () => {
    const { greylist } = setUp();
    const valid = [WHITE, GREY, { type: 'TRAPPED', ip: '192.0.2.9', expires: START + 5 } as const];
    expect(await greylist.import(valid)).toEqual({
      grey: 1,
      white: 1,
      trapped: 1,
      spamtraps: 0,
      domains: 0,
      ignored: 0,
    });
  });
});
