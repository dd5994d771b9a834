import { readdirSync, readFileSync } from 'node:fs';
import {
  Greylist,
  type GreylistStats,
  MemoryStore,
  type PeerHealth,
  type PeerStats,
  type StoreStats,
  SyncKey,
  SyncPeer,
} from 'spamd-sync';
import { HttpCheck } from 'spamd-sync/adapters/http';
import { serveMilter } from 'spamd-sync/adapters/milter';
import { servePolicy } from 'spamd-sync/adapters/postfix';
import { Exchange, type ExchangePeer, type ExchangeStats } from 'spamd-sync/exchange';
import { metrics } from 'spamd-sync/metrics';
import { MemoryNetwork } from 'spamd-sync/testing';
import { describe, expect, it } from 'vitest';

async function opened() {
  const network = new MemoryNetwork();
  const key = SyncKey.none();
  const options = { key, listen: '192.0.2.1', targets: ['192.0.2.2'], clock: network.clock };
  const peer = await SyncPeer.open({ ...options, transport: network.transport('192.0.2.1') });
  const greylist = new Greylist({ group: peer, store: new MemoryStore(), clock: network.clock });
  return { network, peer, greylist };
}

/** The names of the samples in a text, with their labels. */
function samplesOf(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => line.split(/ (?=\S+$)/) as [string, string]));
}

/** The paths of all numbers in a snapshot, and the snapshot with one of them changed. */
function* changes<T extends object>(whole: T, value: object = whole): Generator<{ path: string; changed: T }> {
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === 'object' && member !== null) {
      for (const { path, changed } of changes(member))
        yield { path: `${name}.${path}`, changed: { ...whole, [name]: changed } };
    } else if (typeof member === 'number') yield { path: name, changed: { ...whole, [name]: member + 7_000_001 } };
  }
}

describe('metrics', () => {
  it('shows what a greylist and its peer count', async () => {
    const { peer, greylist } = await opened();
    await greylist.check({ ip: '192.0.2.77', helo: 'mx', from: '<a@b>', to: '<c@d>' });
    await greylist.trap('192.0.2.78');
    const samples = samplesOf(await metrics({ peer, greylist }));
    expect(samples.get('spamd_sync_verdicts_total{reason="first-sight"}')).toBe('1');
    expect(samples.get('spamd_sync_store_records{kind="tuple"}')).toBe('1');
    expect(samples.get('spamd_sync_announced_entries_total')).toBe('2');
    expect(samples.get('spamd_sync_target_up{target="192.0.2.2",dialect="spamd"}')).toBe('1');
    await greylist.close();
    await peer.close();
  });

  it('has a sample for every number that stats() has, of peer and greylist', async () => {
    const { peer, greylist } = await opened();
    const health = peer.health();
    const stats = peer.stats();
    const before = await metrics({ peer: { stats: () => stats, health: () => health } });
    for (const { path, changed } of changes<PeerStats>(stats)) {
      expect(await metrics({ peer: { stats: () => changed, health: () => health } }), path).not.toBe(before);
    }
    const counted = await greylist.stats();
    const shown = await metrics({ greylist: { stats: async () => counted } });
    for (const { path, changed } of changes<GreylistStats>(counted)) {
      expect(await metrics({ greylist: { stats: async () => changed } }), path).not.toBe(shown);
    }
    await greylist.close();
    await peer.close();
  });

  it('has a sample for every number that the stats of an exchange have, but for those of a peer that the sums have', async () => {
    const key = SyncKey.fromBytes(Buffer.from('a key'));
    const exchange = new Exchange({ key, store: new MemoryStore(), with: ['mx2.example.org'] });
    const { peers, ...stats } = exchange.stats();
    const textOf = (changed: ExchangeStats) => metrics({ exchange: { stats: () => changed } });
    const before = await textOf({ ...stats, peers });
    for (const { path, changed } of changes<object>(stats)) {
      expect(await textOf({ ...(changed as typeof stats), peers }), path).not.toBe(before);
    }
    const [peer] = peers as [ExchangePeer];
    const connected: ExchangePeer = { ...peer, state: 'connected', keyIndex: 1, skew: 2, version: 1 };
    const shown = await textOf({ ...stats, peers: [connected] });
    expect(shown).toContain('spamd_sync_exchange_peers 1\n');
    expect(shown).toContain('spamd_sync_exchange_peer_up{peer="mx2.example.org"} 1\n');
    for (const { path, changed } of changes<ExchangePeer>(connected)) {
      const isElsewhere = ['version', 'recordsSent', 'recordsReceived'].includes(path);
      if (!isElsewhere) expect(await textOf({ ...stats, peers: [changed] }), path).not.toBe(shown);
    }
    // One that is gone is shown on, so that its silence is.
    const gone = await textOf({
      ...stats,
      peers: [{ ...connected, name: undefined, address: '192.0.2.2', state: 'gone' }],
    });
    expect(gone).toContain('spamd_sync_exchange_peer_up{peer="192.0.2.2"} 0\n');
    expect(gone).toContain('spamd_sync_exchange_peers 0\n');
    expect(gone).toContain('spamd_sync_exchange_last_round_timestamp_seconds{peer="192.0.2.2"} 0\n');
    await exchange.close();
  });

  it('says that the store does not answer, and shows none of its numbers', async () => {
    const { peer, greylist } = await opened();
    const counted = { ...(await greylist.stats()), store: undefined };
    const samples = samplesOf(await metrics({ greylist: { stats: async () => counted } }));
    expect(samples.get('spamd_sync_store_up')).toBe('0');
    expect([...samples.keys()].filter((name) => name.startsWith('spamd_sync_store_'))).toEqual(['spamd_sync_store_up']);
    await greylist.close();
    await peer.close();
  });

  it('shows what one kind of store alone counts', async () => {
    const { peer, greylist } = await opened();
    const counted = await greylist.stats();
    const stats = { ...counted, store: { ...(counted.store as StoreStats), foreign: 3 } };
    const samples = samplesOf(await metrics({ greylist: { stats: async () => stats } }));
    expect(samples.get('spamd_sync_store_specific{name="foreign"}')).toBe('3');
    await greylist.close();
    await peer.close();
  });

  it('has a sample for every number that stats() has, of each adapter', async () => {
    const { peer, greylist } = await opened();
    await using policy = await servePolicy(greylist, { host: '127.0.0.1', port: 0 });
    await using milter = await serveMilter(greylist, { host: '127.0.0.1', port: 0 });
    const adapters = { policy, milter, http: new HttpCheck(greylist) };
    const shown = await metrics({ adapters });
    for (const [name, adapter] of Object.entries(adapters)) {
      for (const { path, changed } of changes(adapter.stats())) {
        const text = await metrics({ adapters: { ...adapters, [name]: { stats: () => changed } } });
        const fresh = [...samplesOf(text)].filter(([sample, value]) => samplesOf(shown).get(sample) !== value);
        expect(fresh, `${name}.${path}`).toHaveLength(1);
        expect(fresh[0]?.[0]).toContain(`adapter="${name}"`);
      }
    }
    expect(shown).toContain('spamd_sync_adapter_dropped_total{adapter="http",reason="oversize"} 0\n');
    expect(await metrics({ adapters: { policy: undefined } })).toBe('');
    await greylist.close();
    await peer.close();
  });

  it('refuses an option that there is not, which would show an empty page', async () => {
    await expect(metrics({ adapters: { polcy: {} } } as never)).rejects.toMatchObject({ code: 'ERR_SPAMD_OPTION' });
    await expect(metrics({ greyList: {} } as never)).rejects.toMatchObject({ code: 'ERR_SPAMD_OPTION' });
  });

  it('shows at most 64 sources, those heard from last, and counts all', async () => {
    const { peer, greylist } = await opened();
    const source = (at: number): PeerHealth['sources'][number] => ({
      address: `192.0.2.${at}`,
      lastReceived: at,
      accepted: 1,
      entries: { grey: 1, white: 0, trapped: 0, removal: 0 },
      drops: {},
      lost: 0,
      skew: 0,
      signedBy: [],
      reach: 1,
      keyIndex: 0,
    });
    const forged = { ...source(250), accepted: 0, lastReceived: undefined, skew: undefined, keyIndex: undefined };
    const sources = [...Array.from({ length: 100 }, (_, at) => source(at)), forged];
    const health = { ...peer.health(), sources };
    const samples = samplesOf(await metrics({ peer: { stats: () => peer.stats(), health: () => health } }));
    expect(samples.get('spamd_sync_sources')).toBe('100');
    const shown = [...samples.keys()].filter((name) => name.startsWith('spamd_sync_source_accepted'));
    expect(shown).toHaveLength(64);
    expect(shown[0]).toBe('spamd_sync_source_accepted_datagrams_total{source="192.0.2.99"}');
    await greylist.close();
    await peer.close();
  });

  it('is in the text format: a help and a type before the samples of each family, labels escaped', async () => {
    const { peer, greylist } = await opened();
    const [target] = peer.health().targets;
    const odd = { ...peer.health(), targets: [{ ...(target as PeerHealth['targets'][number]), target: 'a"b\\c\nd' }] };
    const text = await metrics({ peer: { stats: () => peer.stats(), health: () => odd }, greylist });
    expect(text).toContain('spamd_sync_target_up{target="a\\"b\\\\c\\nd",dialect="spamd"} 1\n');
    const families = text.split(/(?=# HELP )/);
    for (const family of families) {
      const [help = '', type = '', ...samples] = family.trimEnd().split('\n');
      const name = help.split(' ')[2] as string;
      expect(help).toMatch(/^# HELP spamd_sync_[a-z_]+ [A-Z].*\.$/);
      expect(type).toBe(`# TYPE ${name} ${name.endsWith('_total') ? 'counter' : 'gauge'}`);
      for (const sample of samples) expect(sample).toMatch(new RegExp(`^${name}(\\{.*\\})? -?[0-9.e+-]+$`));
    }
    expect(new Set(families.map((family) => family.split(' ')[2])).size).toBe(families.length);
    await greylist.close();
    await peer.close();
  });

  it('has what the dashboard of docs/grafana.json asks for', async () => {
    const dashboard = readFileSync(new URL('../../docs/grafana.json', import.meta.url), 'utf8');
    const asked = new Set(dashboard.match(/spamd_sync_[a-z_]+/g));
    const source = readdirSync(new URL('../../src/metrics', import.meta.url))
      .map((name) => readFileSync(new URL(`../../src/metrics/${name}`, import.meta.url), 'utf8'))
      .join('');
    expect(asked.size).toBeGreaterThan(10);
    for (const name of asked) expect(source).toContain(`name: '${name.replace('spamd_sync_', '')}'`);
  });
});
