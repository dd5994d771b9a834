import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DecodeError, SyncKey } from 'spamd-sync';
import { decodeDatagram, encodeDatagram } from 'spamd-sync/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captured, hostile, keyOf } from '../support/vectors.ts';
import { ethernetFrame, ipv4, pcap, pcapng } from './capture-file.ts';
import { objects, spamdSync } from './cli.ts';

const KEY = Buffer.from('a key of a test');
const white = { type: 'white', ip: '192.0.2.9', timestamp: 1_767_225_600, expires: 1_770_336_000 } as const;
const grey = {
  type: 'grey',
  ip: '192.0.2.8',
  helo: 'mx',
  from: '<a@b>',
  to: '<c@d>',
  timestamp: 1_767_225_600,
} as const;
const datagram = encodeDatagram([white, grey], { key: SyncKey.fromBytes(KEY), counter: 7 });
const hex = Buffer.from(datagram).toString('hex');
let folder = '';
let key = '';

async function file(name: string, bytes: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spamd-sync-cli-'));
  key = await file('spamd.key', KEY);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** The options that name the key of a vector. */
async function keyOptions(keyFileHex: string | null): Promise<string[]> {
  return keyFileHex === null ? ['--empty-key'] : ['-K', await file('vector.key', Buffer.from(keyFileHex, 'hex'))];
}

describe('decode', () => {
  it('shows every field of a sound datagram to a person', async () => {
    const { out, err, exit } = await spamdSync(['decode', '-K', key, '-x', hex]);
    expect(out.split('\n')).toEqual([
      '-x line 1: 100 bytes',
      '  version 2  family 2  length 100  counter 7',
      expect.stringMatching(/^ {2}hmac [0-9a-f]{40} {2}verified, key ([0-9a-f]{4}-){3}[0-9a-f]{4}$/),
      '  byte 32: WHITE ip 192.0.2.9 until 2026-02-06T00:00:00Z sent 2026-01-01T00:00:00Z',
      '  byte 48: GREY ip 192.0.2.8 helo "mx" from "<a@b>" to "<c@d>" seen 2026-01-01T00:00:00Z',
      '  byte 96: END, 4 bytes',
      '',
    ]);
    expect({ err, exit }).toEqual({ err: '', exit: 0 });
  });

  it('points at the byte that is at fault', async () => {
    const bad = Buffer.from(datagram);
    bad.writeUInt16BE(9, 34);
    const { out, exit } = await spamdSync(['decode', '-x', bad.toString('hex')]);
    expect(out.split('\n').slice(4)).toEqual([
      '  malformed: TLV 2 of 9 bytes, not 16 (at byte 34)',
      expect.stringMatching(/^ {2}0010 /),
      expect.stringMatching(/^ {2}0020 {2}00 02 00 09 /),
      '              ^^',
      expect.stringMatching(/^ {2}0030 /),
      '',
    ]);
    expect(exit).toBe(1);
  });

  it('shows what is announced under another key, and that it is not to be trusted', async () => {
    const { out, exit } = await spamdSync(['decode', '--empty-key', '-x', hex]);
    expect(out).toContain('signed with another key, or changed');
    expect(out).toContain('WHITE ip 192.0.2.9');
    expect(out).toContain('auth: HMAC verification failed (at byte 8)');
    expect(exit).toBe(1);
  });

  it('says which key of several signed, and that none was given', async () => {
    const other = await file('other.key', 'another');
    const [seen] = objects(await spamdSync(['decode', '--json', '-K', other, '-K', key, '-x', hex]));
    expect(seen).toMatchObject({ authentic: true, keyIndex: 1, size: 100 });
    const [unverified] = objects(await spamdSync(['decode', '--json', '-x', hex]));
    expect(unverified).not.toHaveProperty('authentic');
  });

  it('escapes what a client put into a string, so that no terminal obeys it', async () => {
    const evil = encodeDatagram([{ ...grey, helo: 'a\u009b31m\u202eb' }], { key: SyncKey.none(), counter: 0 });
    const { out } = await spamdSync(['decode', '-x', Buffer.from(evil).toString('hex')]);
    expect(out).toContain('helo "a\\u009b31m\\u202eb"');
  });

  it.each(hostile.map((vector) => [vector.name, vector] as const))(
    'names reason and byte of the hostile datagram %j as the decoder does',
    async (_name, vector) => {
      const bytes = Buffer.from(vector.datagramHex, 'hex');
      const args = ['decode', '--json', ...(await keyOptions(vector.keyFileHex)), '--format', 'raw', '-'];
      const ran = await spamdSync(args, bytes);
      const [seen] = objects(ran);
      if ('reject' in vector.expect) {
        const { reason, offset } = refusalOf(bytes, vector);
        expect(seen.refusal).toMatchObject({ reason, offset });
        expect(seen.refusal.reason).toBe(vector.expect.reject);
        expect(ran.exit).toBe(1);
      } else {
        expect(seen).not.toHaveProperty('refusal');
        expect(seen.entries).toHaveLength(vector.expect.entries.length);
        expect(ran.exit).toBe(0);
      }
    },
  );

  it('finds every captured datagram sound', async () => {
    for (const vector of captured) {
      const [seen] = objects(
        await spamdSync(['decode', '--json', ...(await keyOptions(vector.keyFileHex)), '-x', vector.datagramHex]),
      );
      expect(seen, vector.name).toMatchObject({ authentic: true, entries: [{ ip: vector.entry.ip }] });
    }
  });
});

function refusalOf(bytes: Uint8Array, vector: (typeof hostile)[number]): DecodeError {
  try {
    decodeDatagram(bytes, { key: keyOf(vector) });
  } catch (error) {
    if (error instanceof DecodeError) return error;
  }
  throw new Error('not refused');
}

describe('what decode reads', () => {
  const frame = ethernetFrame(datagram);
  const linux = Buffer.concat([Buffer.alloc(14), Buffer.from([8, 0]), ipv4(datagram)]);
  const linux2 = Buffer.concat([Buffer.from([8, 0]), Buffer.alloc(18), ipv4(datagram)]);
  it.each([
    ['a pcap', pcap(1, [frame])],
    ['a pcap of the other byte order', pcap(1, [frame], { little: false })],
    ['a pcap with nanoseconds', pcap(1, [frame], { nano: true })],
    ['a pcapng', pcapng(1, [frame])],
    ['a pcapng of the other byte order', pcapng(1, [frame], { little: false })],
    ['a capture of a VLAN', pcap(1, [ethernetFrame(datagram, 8025, true)])],
    ['a capture of BSD loopback', pcap(0, [Buffer.concat([Buffer.from([2, 0, 0, 0]), ipv4(datagram)])])],
    ['a capture of OpenBSD loopback', pcap(108, [Buffer.concat([Buffer.from([0, 0, 0, 2]), ipv4(datagram)])])],
    ['a capture of Linux "any"', pcap(113, [linux])],
    ['a capture of Linux "any", version 2', pcapng(276, [linux2])],
    ['a capture of a tun interface', pcap(101, [ipv4(datagram)])],
  ])('is %s', async (_what, capture) => {
    const [seen, ...others] = objects(await spamdSync(['decode', '--json', '-K', key, '-'], capture));
    expect(seen).toMatchObject({
      where: 'packet 1',
      time: 1_767_225_600.5,
      from: '192.0.2.1:8025',
      to: '192.0.2.2:8025',
      authentic: true,
    });
    expect(others).toEqual([]);
  });

  it('is lines of hexadecimal, with blanks, colons and comments', async () => {
    const spaced = `# captured by hand\n\n${hex.replaceAll(/(..)/g, '$1:')} # one\n${hex.replaceAll(/(....)/g, '$1 ')}\n`;
    const seen = objects(await spamdSync(['decode', '--json', await file('lines', spaced)]));
    expect(seen.map(({ where }) => where)).toEqual(['line 3', 'line 4']);
    expect(seen[1].entries).toEqual([white, grey]);
  });

  it('is the very bytes of a datagram, from stdin if no file is named', async () => {
    const [seen] = objects(await spamdSync(['decode', '--json'], datagram));
    expect(seen).toMatchObject({ input: '-', entries: [white, grey] });
  });

  it('passes over other ports, fragments and other protocols, and counts them', async () => {
    const fragment = ethernetFrame(datagram);
    fragment.writeUInt16BE(0x2000, 14 + 6);
    const tcp = ethernetFrame(datagram);
    tcp[14 + 9] = 6;
    const ran = await spamdSync(['decode', '-'], pcap(1, [fragment, tcp, ethernetFrame(datagram, 53), frame]));
    expect(ran.out).toContain('packet 4:');
    expect(ran.err).toBe('-: 3 other packets, not UDP port 8025\n');
    expect(
      objects(await spamdSync(['decode', '--json', '-p', '53', '-'], pcap(1, [ethernetFrame(datagram, 53)]))),
    ).toHaveLength(1);
  });

  it('shows a packet whose time is beyond all dates without it', async () => {
    const capture = pcapng(1, [frame]);
    // The upper half of the time of the packet: behind section, interface and the block that is passed over.
    capture.writeUInt32LE(0xffff_ffff, capture.length - frame.length - 2 - 4 - 16);
    const { out, exit } = await spamdSync(['decode', '-K', key, '-'], capture);
    expect(out).toMatch(/^- packet 1: /);
    expect(exit).toBe(0);
  });

  it('says how much a capture left out of a datagram', async () => {
    const ran = await spamdSync(['decode', '-'], pcap(1, [frame.subarray(0, -10)]));
    expect(ran.out).toContain('the capture left out its last 10 bytes');
    expect(ran.out).toContain('length: the length field is not the length of the datagram (at byte 2)');
  });
});

describe('a mistake with decode', () => {
  it.each([
    ['a file that is not there', ['nothing.pcap'], 'spamd-sync: nothing.pcap: no such file or directory\n', 3],
    ['a folder in place of a file', ['/'], 'spamd-sync: /: is a directory\n', 3],
    ['a key file that is not there', ['-K', 'no.key', '-x', '00'], 'spamd-sync: there is no key file "no.key"\n', 3],
    ['half a byte', ['-x', '020'], 'spamd-sync: line 1: not whole bytes in hexadecimal; see --help\n', 2],
    [
      'a port that is none',
      ['-p', '0'],
      /^spamd-sync: option '-p, --port <port>' argument '0' is invalid\. not a port/,
      2,
    ],
    [
      'a format that is none',
      ['--format', 'xml'],
      /^spamd-sync: option '--format <format>' argument 'xml' is invalid/,
      2,
    ],
    ['an unknown option', ['--jsn'], "spamd-sync: unknown option '--jsn' (Did you mean --json?)\n", 2],
    ['a file that is no capture', ['--format', 'pcap', '-'], 'spamd-sync: not a pcap or pcapng file; see --help\n', 2],
  ])('is one line: %s', async (_what, args, line, exit) => {
    const ran = await spamdSync(['decode', ...args]);
    expect(ran.out).toBe('');
    expect(ran.err).toMatch(line);
    expect(ran.err.trim().split('\n')).toHaveLength(1);
    expect(ran.exit).toBe(exit);
  });

  it.each([
    ['pcap', pcap(1, [ethernetFrame(datagram), ethernetFrame(datagram)])],
    ['pcapng', pcapng(1, [ethernetFrame(datagram), ethernetFrame(datagram)])],
  ])('a %s file that is cut at any byte is said to be, after what is before that', async (_what, whole) => {
    for (let end = 12; end < whole.length; end += 13) {
      const ran = await spamdSync(['decode', '--format', 'pcap', '--json', '-'], whole.subarray(0, end));
      if (ran.exit === 0) continue;
      expect(ran.err).toMatch(/^spamd-sync: the capture is cut or damaged at byte \d+\n$/);
      expect(objects(ran).length).toBeLessThan(2);
    }
  });
});
