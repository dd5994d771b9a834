import { SpamdSyncError } from 'spamd-sync';
import { type LineError, type ParseProgress, parseSpamdb } from 'spamd-sync/spamdb';
import { describe, expect, it } from 'vitest';
import { collect, lineErrorOf, pieces, readLines } from './helpers.ts';

const NUMBERS = { first: 1795000000, pass: 1795014400, expires: 1795014401, blocked: 3, passed: 0 };
const TAIL = '1795000000|1795014400|1795014401|3|0';

/** The strings of a GREY line with this between the address and the numbers. */
async function strings(middle: string | Uint8Array): Promise<[string, string, string]> {
  const line = Buffer.concat([Buffer.from('GREY|192.0.2.1|'), Buffer.from(middle), Buffer.from(`|${TAIL}\n`)]);
  const [record, ...others] = await collect(parseSpamdb([line]));
  if (record?.type !== 'GREY' || others.length > 0) throw new Error('not one GREY record');
  expect(record).toMatchObject({ ip: '192.0.2.1', ...NUMBERS });
  return [record.helo, record.from, record.to];
}

describe('a dump that is taken over', () => {
  it('a dump is read but for the lines that a client spoilt or that are of no known type', async () => {
    const dump = [
      'DOMAIN|example.net',
      `GREY|192.0.2.1|\x1b[2J|<a@b>|<c@d>|${TAIL}`,
      'FUTURE|192.0.2.2|1',
      'TRAPPED|192.0.2.3|1',
      '',
    ].join('\n');
    const { records, bad } = await readLines(dump);
    expect(records).toEqual([
      { type: 'DOMAIN', domain: 'example.net' },
      { type: 'TRAPPED', ip: '192.0.2.3', expires: 1 },
    ]);
    expect(bad).toEqual([
      [2, 'control character 0x1b'],
      [3, 'unknown type: "FUTURE"'],
    ]);
  });
});

describe('parseSpamdb reads', () => {
  it.each([
    [
      `GREY|192.0.2.1|mail.example.org|<a@example.org>|<b@example.net>|${TAIL}`,
      {
        type: 'GREY',
        ip: '192.0.2.1',
        helo: 'mail.example.org',
        from: '<a@example.org>',
        to: '<b@example.net>',
        ...NUMBERS,
      },
    ],
    [
      `GREY|192.0.2.1|<a@example.org>|<b@example.net>|${TAIL}`,
      { type: 'GREY', ip: '192.0.2.1', helo: '', from: '<a@example.org>', to: '<b@example.net>', ...NUMBERS },
    ],
    [`WHITE|192.0.2.2|||${TAIL}`, { type: 'WHITE', ip: '192.0.2.2', ...NUMBERS }],
    ['TRAPPED|192.0.2.3|4294967295', { type: 'TRAPPED', ip: '192.0.2.3', expires: 4294967295 }],
    ['TRAPPED|2001:db8::1|0', { type: 'TRAPPED', ip: '2001:db8::1', expires: 0 }],
    ['SPAMTRAP|trap@example.net', { type: 'SPAMTRAP', address: 'trap@example.net' }],
    ['SPAMTRAP|a|b@example.net', { type: 'SPAMTRAP', address: 'a|b@example.net' }],
    ['DOMAIN|example.net', { type: 'DOMAIN', domain: 'example.net' }],
    ['DOMAIN|@a|b', { type: 'DOMAIN', domain: '@a|b' }],
  ])('parseSpamdb reads %s', async (line, record) => {
    expect(await collect(parseSpamdb(`${line}\n`))).toStrictEqual([record]);
    expect(await collect(parseSpamdb([line]))).toStrictEqual([record]);
    expect(await collect(parseSpamdb(Buffer.from(`${line}\r\n`)))).toStrictEqual([record]);
  });

  it('parseSpamdb reads lines of any ending, and passes over blank ones', async () => {
    const { records, bad } = await readLines('\n\r\nTRAPPED|192.0.2.1|1\r\n\nTRAPPED|192.0.2.2|2\nTRAPPED|192.0.2.3|3');
    expect(records.map((record) => record.type === 'TRAPPED' && record.expires)).toEqual([1, 2, 3]);
    expect(bad).toEqual([]);
  });

  it('parseSpamdb reads an empty text', async () => {
    expect(await readLines('')).toEqual({ records: [], bad: [] });
    expect(await readLines([])).toEqual({ records: [], bad: [] });
  });

  it('parseSpamdb reads web streams, and buffers within a larger one', async () => {
    const large = Buffer.from('xxTRAPPED|192.0.2.1|1\nxx');
    const within = new Uint8Array(large.buffer, large.byteOffset + 2, large.length - 4);
    expect(await collect(parseSpamdb(new Blob([within]).stream()))).toHaveLength(1);
    expect(await collect(parseSpamdb(within))).toHaveLength(1);
  });
});

describe('the strings of a GREY line', () => {
  it.each([
    ['h|<a@b>|<c@d>', ['h', '<a@b>', '<c@d>']],
    ['|<>|<c@d>', ['', '<>', '<c@d>']],
    ['||', ['', '', '']],
    ['a b|c d|e f', ['a b', 'c d', 'e f']],
    // One without brackets, where nothing else helps.
    ['h|a|b@c|d@e', ['h', 'a|b@c', 'd@e']],
    ['h|x|<a@b>|d@e', ['h|x', '<a@b>', 'd@e']],
    ['h|a|b@c|<d|e@f>', ['h', 'a|b@c', '<d|e@f>']],
    // In brackets.
    ['h|x|<a@b>|<c@d>', ['h|x', '<a@b>', '<c@d>']],
    ['|||<a@b>|<c@d>', ['||', '<a@b>', '<c@d>']],
    ['h|<a|b@c>|<d|e@f>', ['h', '<a|b@c>', '<d|e@f>']],
    ['<x>|<y>|<a|@b>|<c@d>', ['<x>|<y>', '<a|@b>', '<c@d>']],
    // Brackets that would leave no room for the others.
    ['h|<t|x>', ['h', '<t', 'x>']],
    ['<a|b|c>|<d@e>', ['<a', 'b|c>', '<d@e>']],
    ['h|<a|b|c>', ['h', '<a|b', 'c>']],
  ])('the strings of a GREY line are divided where %s allows it', async (middle, expected) => {
    expect(await strings(middle)).toEqual(expected);
  });

  it('the strings of a GREY line are UTF-8, or Latin-1 where they are not, each for itself', async () => {
    const middle = Buffer.concat([Buffer.from('mäil|<'), Buffer.from('ä@b', 'latin1'), Buffer.from('>|<c@d>')]);
    expect(await strings(middle)).toEqual(['mäil', '<ä@b>', '<c@d>']);
  });
});

describe('a bad line', () => {
  const tooLong = `SPAMTRAP|${'x'.repeat(65_536)}`;
  it.each([
    ['hello', 'too few fields'],
    ['BLACK|192.0.2.1', 'unknown type: "BLACK"'],
    ['grey|192.0.2.1|1', 'unknown type: "grey"'],
    [`GREY|192.0.2.1|<a@b>|${TAIL}`, 'too few fields'],
    [`GREY|192.0.2.1|${TAIL}`, 'too few fields'],
    [`GREY|192.0.2|h|<a@b>|<c@d>|${TAIL}`, 'not an IP address: "192.0.2"'],
    [`GREY|192.0.2.01|h|<a@b>|<c@d>|${TAIL}`, 'not an IP address: "192.0.2.01"'],
    [`WHITE|fe80::1%em0|||${TAIL}`, 'not an IP address: "fe80::1%em0"'],
    [`WHITE|192.0.2.0/24|||${TAIL}`, 'not an IP address: "192.0.2.0/24"'],
    ['GREY|192.0.2.1|h|<a@b>|<c@d>|1|2|3|4', 'first is not a number 0..4294967295: "<c@d>"'],
    ['WHITE|192.0.2.1|||1|2|3|4|', 'passed is not a number 0..4294967295: ""'],
    ['WHITE|192.0.2.1|||1|2|3|-1|5', 'blocked is not a number 0..4294967295: "-1"'],
    ['WHITE|192.0.2.1|||1|2|4294967296|4|5', 'expires is not a number 0..4294967295: "4294967296"'],
    ['WHITE|192.0.2.1|||1|02|3|4|5', 'pass is not a number 0..4294967295: "02"'],
    ['WHITE|192.0.2.1|||1.5|2|3|4|5', 'first is not a number 0..4294967295: "1.5"'],
    ['WHITE|192.0.2.1|||12345678901|2|3|4|5', 'first is not a number 0..4294967295: "12345678901"'],
    [`WHITE|192.0.2.1|${TAIL}`, 'a WHITE line has two empty fields behind the address'],
    [`WHITE|192.0.2.1||x|${TAIL}`, 'a WHITE line has two empty fields behind the address'],
    ['WHITE|192.0.2.1|1', 'blocked is not a number 0..4294967295: ""'],
    ['TRAPPED|192.0.2.1', 'too few fields'],
    ['TRAPPED|192.0.2.1|', 'expires is not a number 0..4294967295: ""'],
    ['TRAPPED|192.0.2.1||5', 'too many fields'],
    ['SPAMTRAP|', 'no address'],
    ['DOMAIN|', 'no domain'],
    ['SPAMTRAP|a\0b@c', 'control character 0x00'],
    ['SPAMTRAP|a\tb@c', 'control character 0x09'],
    ['SPAMTRAP|a\rb@c', 'control character 0x0d'],
    ['SPAMTRAP|a\x1fb@c', 'control character 0x1f'],
    ['SPAMTRAP|a\x7fb@c', 'control character 0x7f'],
    [tooLong.slice(0, 65_537), 'longer than 65536 bytes'],
    [tooLong, 'longer than 65536 bytes'],
    [tooLong.repeat(10), 'longer than 65536 bytes'],
  ])('the bad line %.60s is reported, and those around it are read', async (line, detail) => {
    const text = `TRAPPED|192.0.2.1|1\n${line}\nTRAPPED|192.0.2.2|2\n`;
    for (const chunks of [[text], pieces(text, 1000), [Buffer.from(text)]]) {
      const { records, bad } = await readLines(chunks);
      expect(bad).toEqual([[2, detail]]);
      expect(records.map((record) => 'ip' in record && record.ip)).toEqual(['192.0.2.1', '192.0.2.2']);
    }
  });

  it('a line of 65536 bytes is read', async () => {
    const address = 'x'.repeat(65_536 - 'SPAMTRAP|'.length);
    for (const text of [`SPAMTRAP|${address}\n`, `SPAMTRAP|${address}`]) {
      expect(await readLines(pieces(text, 7000))).toEqual({
        records: [{ type: 'SPAMTRAP', address }],
        bad: [],
      });
    }
  });

  it('a bad line ends the parse with a LineError unless something else is asked for', async () => {
    const text = 'TRAPPED|192.0.2.1|1\n\nnonsense\nTRAPPED|192.0.2.2|2\n';
    for (const options of [{}, { onBadLine: 'throw' as const }]) {
      const error = await lineErrorOf(parseSpamdb(text, options));
      expect(error).toBeInstanceOf(SpamdSyncError);
      expect(error).toMatchObject({ code: 'ERR_SPAMD_LINE', line: 3, detail: 'too few fields', name: 'LineError' });
      expect(error.message).toBe('line 3: too few fields');
    }
  });

  it('a line that is cut off at the end of the text is a bad one', async () => {
    expect((await readLines('TRAPPED|192.0.2.1|1\nTRAPP')).bad).toEqual([[2, 'too few fields']]);
  });

  it('a bad line can be skipped, and is counted', async () => {
    let last: ParseProgress | undefined;
    const onProgress = (progress: ParseProgress): void => {
      last = progress;
    };
    const records = await collect(parseSpamdb('x\nTRAPPED|192.0.2.1|1\ny\n', { onBadLine: 'skip', onProgress }));
    expect(records).toHaveLength(1);
    expect(last).toEqual({ lines: 3, bytes: 24, bad: 2 });
  });

  it('onBadLine is called with the first 80 bytes of the line, so that a program can see what kind of line it lost', async () => {
    const told: [number, string][] = [];
    const onBadLine = ({ line }: LineError, text: string): void => void told.push([line, text]);
    const long = `TRAPPED|${'1'.repeat(100)}`;
    await collect(parseSpamdb([`GREY|\x1b[2J\r\nTRAPPED|192.0.2.1|1\n${long}`], { onBadLine }));
    expect(told).toEqual([
      [1, 'GREY|\x1b[2J\r'],
      [3, long.slice(0, 80)],
    ]);
  });

  it('what onBadLine throws ends the parse', async () => {
    const onBadLine = (): never => {
      throw new RangeError('enough');
    };
    await expect(collect(parseSpamdb('x\n', { onBadLine }))).rejects.toThrow(new RangeError('enough'));
  });

  it('parseSpamdb refuses what is not a text, and an invalid option', async () => {
    // @ts-expect-error: neither text nor bytes.
    await expect(collect(parseSpamdb([1]))).rejects.toMatchObject({ code: 'ERR_SPAMD_OPTION' });
    // @ts-expect-error: not one of the choices.
    expect(() => parseSpamdb('', { onBadLine: 'ignore' })).toThrow(
      expect.objectContaining({ code: 'ERR_SPAMD_OPTION' }),
    );
  });
});

describe('what stands for an address', () => {
  it('without pools an IPv6 network stands for an address, as a greylist lists its /64, and nothing that merely looks like one', async () => {
    const [network, ...others] = ['2001:db8::/64', 'fe80::1%em0/64', '::ffff:192.0.2.0/24', '2001:db8::/064', '::/129'];
    const { records, bad } = await readLines([network, ...others].map((ip) => `TRAPPED|${ip}|1\n`).join(''));
    expect(records).toEqual([{ type: 'TRAPPED', ip: network, expires: 1 }]);
    expect(bad).toEqual(others.map((ip, at) => [at + 2, `not an IP address: "${ip}"`]));
  });

  it('with pools networks and names stand for an address', async () => {
    const text = `WHITE|192.0.2.0/24|||${TAIL}\nGREY|example.org|h|<a@b>|<c@d>|${TAIL}\nTRAPPED||1\n`;
    const { bad: refused } = await readLines(text);
    expect(refused.map(([line]) => line)).toEqual([1, 2, 3]);
    const onBadLine = (error: LineError): void => expect(error.line).toBe(3);
    const records = await collect(parseSpamdb(text, { pools: true, onBadLine }));
    expect(records.map((record) => 'ip' in record && record.ip)).toEqual(['192.0.2.0/24', 'example.org']);
  });
});
