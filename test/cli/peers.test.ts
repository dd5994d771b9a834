import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Greylist, SyncKey, SyncPeer } from 'spamd-sync';
import type { ExchangePeer, ExchangeStats } from 'spamd-sync/exchange';
import { type ServedSocket, serveGreylist } from 'spamd-sync/socket';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { objects, type Ran, spamdSync } from './cli.ts';

const FINGERPRINT = 'd3a3-0f7f-5c09-11aa';
const now = (): number => Math.floor(Date.now() / 1000);

const CONNECTED: ExchangePeer = {
  ...{ name: 'mx2.example.org', address: '192.0.2.2', port: 8027, state: 'connected', trouble: undefined },
  ...{ outcome: 'done', lastRound: now() - 600, behind: 3, behindRecords: 4, joined: true },
  ...{ fingerprint: FINGERPRINT, keyIndex: 1, version: 1, skew: 0 },
  ...{ bytesIn: 13_000_000, bytesOut: 2048, recordsSent: 17, recordsReceived: 1_100_000 },
};
const NEW: ExchangePeer = {
  ...{
    name: 'mx3.example.org',
    address: undefined,
    port: undefined,
    state: 'other-key',
    trouble: 'it has another key',
  },
  ...{ outcome: 'none', lastRound: 0, behind: 0, behindRecords: 0, joined: false },
  ...{ fingerprint: undefined, keyIndex: undefined, version: undefined, skew: undefined },
  ...{ bytesIn: 0, bytesOut: 0, recordsSent: 0, recordsReceived: 0 },
};

let folder = '';
let greylist: Greylist;
let peer: SyncPeer;
let served: ServedSocket;
let stats: Partial<ExchangeStats> | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spamd-sync-peers-'));
  greylist = new Greylist();
  peer = await SyncPeer.open({ key: SyncKey.none(), listen: false, targets: ['192.0.2.2'] });
  // It is asked for what it counts, and nothing else.
  const exchange = { stats: (): object => stats as object };
  served = await serveGreylist(greylist, join(folder, 'control'), { peer, exchange });
});
afterEach(async () => {
  await served.close();
  await greylist.close();
  await peer.close();
  await rm(folder, { recursive: true });
});

function peers(...more: readonly string[]): Promise<Ran> {
  return spamdSync(['peers', '--control', join(folder, 'control'), ...more]);
}

async function exchangeShown(): Promise<readonly string[]> {
  const lines = (await peers()).out.trimEnd().split('\n');
  return lines.slice(lines.indexOf('') + 1);
}

describe('peers of a daemon that exchanges state', () => {
  it('shows each with its last round, what went to and fro, its key, and what is wrong with it', async () => {
    const refusal = { address: '192.0.2.9', why: 'other-key', fingerprint: FINGERPRINT, count: 14, last: now() - 5 };
    stats = {
      rounds: 9,
      peers: [CONNECTED, NEW, { ...CONNECTED, name: undefined, address: '2001:db8::1', state: 'gone', skew: 300 }],
      refusals: [refusal as never, { ...refusal, why: 'other-protocol', address: '192.0.2.10', count: 1 } as never],
    };
    const lines = await exchangeShown();
    expect(lines.map((line) => line.replaceAll(/ {2,}/g, '  ').trim())).toEqual([
      'exchange of state: joined',
      'peer  last  round  behind  taken  given  in  out  key  joined',
      '*  mx2.example.org  10m  done  4  1100000  17  12.4 MiB  2.0 KiB  1  yes',
      'x  mx3.example.org  -  -  -  0  0  0 B  0 B  -  no',
      '?  2001:db8::1  10m  done  4  1100000  17  12.4 MiB  2.0 KiB  1  yes',
      'mx3.example.org: it has another key',
      '2001:db8::1: not connected any more',
      '2001:db8::1: its clock is 300 s ahead',
      expect.stringMatching(
        /^refused 192\.0\.2\.9: another key \(d3a3-0f7f-5c09-11aa, it says\), 14 times, the last \ds ago$/,
      ),
      expect.stringMatching(/^refused 192\.0\.2\.10: not the protocol, 1 time, the last \ds ago$/),
    ]);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
  });

  it('says that it is joining, and how much has come so far', async () => {
    const asking: ExchangePeer = {
      ...CONNECTED,
      outcome: 'asking',
      lastRound: 0,
      joined: false,
      recordsReceived: 4500,
    };
    stats = { rounds: 0, peers: [asking, NEW], refusals: [] };
    expect((await exchangeShown())[0]).toBe('exchange of state: joining, 4500 records so far');
    stats = { rounds: 0, peers: [], refusals: [] };
    expect(await exchangeShown()).toEqual(['exchange of state: nobody was asked yet for what it has']);
  });

  it('has a host with all that is known of its exchange in a line of JSON, and who is known by that alone', async () => {
    const refusal = { address: '192.0.2.9', why: 'other-key', fingerprint: FINGERPRINT, count: 14, last: 1 };
    stats = { rounds: 9, peers: [CONNECTED, NEW], refusals: [refusal as never] };
    const json = JSON.parse(JSON.stringify([CONNECTED, NEW]));
    expect(objects(await peers('--json'))).toEqual([
      { state: 'silent', address: '192.0.2.2', target: expect.anything(), exchange: json[0] },
      { exchange: json[1] },
      { address: '192.0.2.9', exchange: { ...refusal, state: 'refused' } },
    ]);
  });

  it('is as without where the daemon has no exchange', async () => {
    stats = undefined;
    expect((await peers()).out).not.toContain('exchange');
    expect(objects(await peers('--json'))).toMatchObject([{ address: '192.0.2.2' }]);
  });
});
