import { decodeDatagram, EntryError, encodeDatagram, type SyncKey, type WireEntry } from 'spamd-sync/wire';
import { describe, expect, it } from 'vitest';
import { encode, grey, refusal, white } from '../support/encoded.ts';
import { KEY } from '../support/frame.ts';

/** As something that a program without types could hand over. */
function untyped(value: unknown): never {
  return value as never;
}

describe('what is refused', () => {
  const ips = ['', '1', '1.2.3', '1.2.3.4.5', '1.2.3.', '.1.2.3', '1..2.3', '256.1.1.1', '1.2.3.256', '1.2.3.1000'];
  const odd = [
    '01.2.3.4',
    '1.2.3.04',
    '00.0.0.0',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '1.2. 3.4',
    '0x1.2.3.4',
    '1.2.3.4\n',
    '1,2,3,4',
  ];
  const other = ['::1', '::ffff:1.2.3.4', 'fe80::1', '-1.2.3.4', '1.2.3.+4', '1.2.3.4/32', 'mx', '1.2.3.٤', '1/2/3/4'];

  it.each([...ips, ...odd, ...other])('the address %j', (ip) => {
    const error = refusal(() => encode([white, { ...white, ip }]));
    expect(error).toBeInstanceOf(EntryError);
    expect(error).toMatchObject({ code: 'ERR_SPAMD_FIELD', field: 'ip', value: ip, index: 1 });
    expect(refusal(() => encode([{ ...grey, ip }]))).toMatchObject({ field: 'ip', index: 0 });
  });

  it.each(['0.0.0.0', '255.255.255.255', '1.2.3.4', '10.0.0.9', '249.250.199.200', '127.0.0.1', '128.0.0.0'])(
    'not the address %s',
    (ip) => {
      const [entry] = decodeDatagram(encode([{ ...white, ip }]), { key: KEY }).entries;
      expect(entry?.ip).toBe(ip);
    },
  );

  it.each([-1, 2 ** 32, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('the time %d', (time) => {
    expect(refusal(() => encode([{ ...white, timestamp: time }]))).toMatchObject({ field: 'timestamp', index: 0 });
    expect(refusal(() => encode([white, { ...white, expires: time }]))).toMatchObject({ field: 'expires', index: 1 });
    expect(refusal(() => encode([{ ...grey, timestamp: time }]))).toMatchObject({ field: 'timestamp', index: 0 });
    const removal: WireEntry = { type: 'remove-white', ip: '192.0.2.1', timestamp: time };
    expect(refusal(() => encode([removal]))).toMatchObject({ code: 'ERR_SPAMD_FIELD', field: 'timestamp' });
  });

  it.each([0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1])('not the time %d', (time) => {
    const entry: WireEntry = { ...white, timestamp: time, expires: time };
    expect(decodeDatagram(encode([entry]), { key: KEY }).entries).toEqual([entry]);
  });

  it('an address or a text that is of another kind', () => {
    for (const value of [undefined, null, 5, ['192.0.2.1'], {}]) {
      expect(refusal(() => encode([untyped({ ...white, ip: value })]))).toMatchObject({ field: 'ip', index: 0 });
      for (const field of ['helo', 'from', 'to']) {
        const error = refusal(() => encode([untyped({ ...grey, [field]: value })]));
        expect(error).toMatchObject({ code: 'ERR_SPAMD_FIELD', field, index: 0 });
      }
    }
  });

  it('a time that is text or missing', () => {
    expect(refusal(() => encode([untyped({ ...white, timestamp: '5' })]))).toMatchObject({ field: 'timestamp' });
    expect(refusal(() => encode([untyped({ ...white, expires: undefined })]))).toMatchObject({ field: 'expires' });
  });

  it.each(['helo', 'from', 'to'] as const)('an empty %s', (field) => {
    const error = refusal(() => encode([white, white, { ...grey, [field]: '' }]));
    expect(error).toBeInstanceOf(EntryError);
    expect(error).toMatchObject({ code: 'ERR_SPAMD_FIELD', field, value: '', index: 2 });
  });

  it.each(['helo', 'from', 'to'] as const)('every control character in %s, as text and as bytes', (field) => {
    for (const code of [...Array(32).keys(), 127]) {
      for (const text of [
        String.fromCharCode(code),
        `a${String.fromCharCode(code)}`,
        `${String.fromCharCode(code)}a`,
      ]) {
        const error = refusal(() => encode([{ ...grey, [field]: text }]));
        expect(error).toMatchObject({ code: 'ERR_SPAMD_FIELD', field, index: 0 });
        expect(refusal(() => encode([{ ...grey, [field]: Buffer.from(text) }]))).toMatchObject({ field, index: 0 });
      }
    }
  });

  it('not the printable characters at their edges', () => {
    const helo = ' ~!\u0080é';
    expect(decodeDatagram(encode([{ ...grey, helo }]), { key: KEY }).entries).toEqual([{ ...grey, helo }]);
  });

  it('a type that is none', () => {
    for (const type of ['black', 'GREY', '', undefined]) {
      const error = refusal(() => encode([untyped({ ...white, type })]));
      expect(error).toMatchObject({ code: 'ERR_SPAMD_FIELD', field: 'type', index: 0 });
    }
  });

  it.each([-1, 2 ** 32, 0.5, Number.NaN])('the counter %d', (counter) => {
    const error = refusal(() => encode([white], counter));
    expect(error.code).toBe('ERR_SPAMD_OPTION');
    expect(error.message).toContain('counter');
  });

  it.each([0, 2 ** 32 - 1])('not the counter %d', (counter) => {
    expect(decodeDatagram(encode([white], counter), { key: KEY }).counter).toBe(counter);
  });

  it('a key that is none', () => {
    for (const key of [undefined, null, 'secret', {}]) {
      const error = refusal(() => encodeDatagram([white], { key: key as unknown as SyncKey, counter: 0 }));
      expect(error.code).toBe('ERR_SPAMD_OPTION');
      expect(error.message).toContain('SyncKey.none()');
    }
  });

  it.each<[string, () => unknown, string]>([
    ['an entry for a list', () => encode(untyped(white)), 'entries: not a list of entries: [object Object]'],
    ['no list', () => encode(untyped(undefined)), 'entries: not a list of entries: undefined'],
    ['a text for a list', () => encode(untyped('text')), 'entries: not a list of entries: "text"'],
    ['no options', () => encodeDatagram([], untyped(undefined)), 'options: not an object with key, counter: undefined'],
    [
      'a key that has not come',
      () => encodeDatagram([], { key: untyped(Promise.resolve(KEY)), counter: 0 }),
      'key: a promise: await it: [object Promise]',
    ],
    [
      'no options to decode',
      () => decodeDatagram(encode([white]), untyped(undefined)),
      'options: not an object with key',
    ],
    [
      'no bytes to decode',
      () => decodeDatagram(untyped(undefined), { key: KEY }),
      'bytes: not a Uint8Array: undefined',
    ],
    ['a text to decode', () => decodeDatagram(untyped('text'), { key: KEY }), 'bytes: not a Uint8Array: "text"'],
  ])('%s', (_what, call, message) => {
    const error = refusal(call);
    expect(error.code).toBe('ERR_SPAMD_OPTION');
    expect(error.message.slice(0, message.length)).toBe(message);
  });

  it.each([[null], [undefined], [5], ['white']])('what is not an entry: %j', (entry) => {
    const error = refusal(() => encode([white, untyped(entry)]));
    expect(error).toMatchObject({ code: 'ERR_SPAMD_FIELD', field: 'entry', value: entry, index: 1 });
    expect(decodeDatagram(encode([white]), { key: KEY }).entries).toEqual([white]);
  });
});

describe('what an error shows', () => {
  it('escapes controls and stays on one short line', () => {
    const error = refusal(() => encode([{ ...grey, helo: `evil\r\n${'x'.repeat(500)}` }]));
    expect(error.message).toContain('evil\\r\\nxxx');
    expect(error.message).not.toMatch(/[\r\n]/);
    expect(error.message.length).toBeLessThan(200);
    expect(error.name).toBe('EntryError');
  });

  it('does not dump bytes', () => {
    const error = refusal(() => encode([{ ...grey, helo: Uint8Array.of(1, 2, 3) }]));
    expect(error.message).toContain('<3 bytes>');
  });
});
