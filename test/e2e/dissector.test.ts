import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Entry } from 'spamd-sync';
import { inspectDatagram } from 'spamd-sync/wire';
import { describe, expect, it } from 'vitest';
import { ipv4, pcap } from '../cli/capture-file.ts';
import { captured, hostile } from '../support/vectors.ts';

const LUA = fileURLToPath(new URL('../../docs/spamd-sync.lua', import.meta.url));
/** In a capture: raw IP. */
const RAW_IP = 101;

type Fields = Readonly<Record<string, string>> & { readonly spamdsync?: Fields | readonly Fields[] };

/** What tshark makes of datagrams with the dissector. */
function dissected(datagrams: readonly Buffer[]): readonly Fields[] {
  const folder = mkdtempSync(join(tmpdir(), 'spamd-sync-tshark-'));
  try {
    const file = join(folder, 'vectors.pcap');
    const packets = datagrams.map((datagram) => ipv4(datagram));
    writeFileSync(file, pcap(RAW_IP, packets));
    const args = ['-X', `lua_script:${LUA}`, '-r', file, '-T', 'json', '--no-duplicate-keys', '-j', 'spamdsync'];
    const out = execFileSync('tshark', args, {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return (JSON.parse(out) as { _source: { layers: { spamdsync: Fields } } }[]).map(
      ({ _source }) => _source.layers.spamdsync,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function tlvsOf({ spamdsync = [] }: Fields): readonly Fields[] {
  return (Array.isArray(spamdsync) ? spamdsync : [spamdsync]) as readonly Fields[];
}

function secondsOf(time: string | undefined): number {
  return Date.parse(`${time}`.replace('.000000000 UTC', 'Z')) / 1000;
}

const TYPES = ['end', 'grey', 'white', 'trapped', 'remove-white', 'remove-trapped'];

/** A TLV of tshark in the form of our entries; texts that are not UTF-8 tshark shows otherwise. */
function entryOf(tlv: Fields): object {
  const type = TYPES[Number(tlv['spamdsync.tlv.type'])];
  const entry = { type, ip: tlv['spamdsync.ip'], timestamp: secondsOf(tlv['spamdsync.timestamp']) };
  if (type === 'white' || type === 'trapped') return { ...entry, expires: secondsOf(tlv['spamdsync.expires']) };
  if (type !== 'grey') return entry;
  const [helo, from, to] = ['helo', 'from', 'to'].map((field) => tlv[`spamdsync.${field}`] ?? '');
  return { ...entry, helo, from, to };
}

function isAscii(entry: Entry): boolean {
  return entry.type !== 'grey' || /^[ -~]*$/.test(entry.helo + entry.from + entry.to);
}

describe('the Wireshark dissector', () => {
  it('finds in each captured datagram what our decoder finds', () => {
    const datagrams = captured.map(({ datagramHex }) => Buffer.from(datagramHex, 'hex'));
    const seen = dissected(datagrams);
    expect(seen).toHaveLength(captured.length);
    for (const [at, fields] of seen.entries()) {
      const name = captured[at]?.name;
      const { header, entries, tlvs } = inspectDatagram(datagrams[at] as Buffer);
      expect(fields['spamdsync.counter'], name).toBe(`${header?.counter}`);
      expect(fields['spamdsync.hmac']?.replaceAll(':', ''), name).toBe(header?.hmac);
      expect(fields, name).not.toHaveProperty('spamdsync.refused');
      expect(tlvsOf(fields), name).toHaveLength(tlvs.length);
      const announced = tlvsOf(fields).map(entryOf).slice(0, -1);
      entries.forEach((entry, index) => {
        if (isAscii(entry)) expect(announced[index], name).toEqual(entry);
      });
    }
  });

  it('refuses each hostile datagram for the reason for which our decoder does', () => {
    const datagrams = hostile.map(({ datagramHex }) => Buffer.from(datagramHex, 'hex'));
    const seen = dissected(datagrams);
    expect(seen).toHaveLength(hostile.length);
    let refused = 0;
    for (const [at, fields] of seen.entries()) {
      const { refusal, entries } = inspectDatagram(datagrams[at] as Buffer);
      expect(fields['spamdsync.refused'], hostile[at]?.name).toBe(refusal?.reason);
      if (refusal !== undefined) refused++;
      else expect(tlvsOf(fields).filter((tlv) => tlv['spamdsync.ip'] !== undefined)).toHaveLength(entries.length);
    }
    expect(refused).toBeGreaterThan(50);
  });
});
