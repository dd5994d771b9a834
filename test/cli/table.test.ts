import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Greylist, type SpamdbRecord } from 'spamd-sync';
import { type ServedSocket, serveGreylist } from 'spamd-sync/socket';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Firewall, KINDS, nftFirewall, pfFirewall } from '../../src/cli/table/firewall.ts';
import { Mirror, type Wanted, wantedOf } from '../../src/cli/table/mirror.ts';
import { objects, spamdSync } from './cli.ts';

const NOW = 1_800_000_000;
const nft = nftFirewall(['inet filter', 'spamd'], { networks: false });
const pf = pfFirewall('spamd');

function white(ip: string, expires = NOW + 3600): SpamdbRecord {
  return { type: 'WHITE', ip, first: 1, pass: 1, expires, blocked: 0, passed: 0 };
}

function trapped(ip: string, expires = NOW + 3600): SpamdbRecord {
  return { type: 'TRAPPED', ip, expires };
}

async function wanted(firewall: Firewall, ...records: SpamdbRecord[]): Promise<Wanted> {
  async function* all(): AsyncGenerator<SpamdbRecord, void> {
    yield* records;
  }
  return wantedOf(all(), firewall, KINDS, NOW);
}

/** The scripts for what has come since `before` was written. */
async function scripts(
  firewall: Firewall,
  before: SpamdbRecord[],
  after: SpamdbRecord[],
  renewed = NOW,
): Promise<string[]> {
  const mirror = new Mirror(firewall);
  mirror.noteFull(await wanted(firewall, ...before), NOW);
  const { calls } = mirror.changes(await wanted(firewall, ...after), NOW, renewed);
  return calls.map(({ argv, input }) => `${argv.join(' ')}\n${input}`);
}

describe('the changes for a firewall', () => {
  it('are one script of nft, which deletes only what is there and adds with the time that is left', async () => {
    const before = [white('192.0.2.1'), white('2001:db8::/64')];
    const after = [white('192.0.2.2', NOW + 60), trapped('2001:db8:1::/64')];
    expect(await scripts(nft, before, after)).toEqual([
      [
        'nft -f -',
        'add element inet filter spamd-white { 192.0.2.1 }',
        'delete element inet filter spamd-white { 192.0.2.1 }',
        'add element inet filter spamd-white { 192.0.2.2 timeout 60s }',
        'add element inet filter spamd-white6 { 2001:db8::/64 }',
        'delete element inet filter spamd-white6 { 2001:db8::/64 }',
        'add element inet filter spamd-trapped6 { 2001:db8:1::/64 timeout 3600s }',
        '',
      ].join('\n'),
    ]);
  });

  it('are a command of pfctl for what goes and one for what comes', async () => {
    expect(await scripts(pf, [white('192.0.2.1')], [white('192.0.2.2'), white('192.0.2.3')])).toEqual([
      'pfctl -q -t spamd-white -T delete -f -\n192.0.2.1\n',
      'pfctl -q -t spamd-white -T add -f -\n192.0.2.2\n192.0.2.3\n',
    ]);
  });

  it('are none where nothing has changed', async () => {
    expect(await scripts(nft, [white('192.0.2.1')], [white('192.0.2.1')])).toEqual([]);
  });

  it('give an element its later time only where it would end before the sets are written whole', async () => {
    const [before, later] = [[white('192.0.2.1')], [white('192.0.2.1', NOW + 9000)]];
    expect(await scripts(nft, before, later, NOW + 600)).toEqual([]);
    expect(await scripts(nft, before, later, NOW + 3600)).toEqual([
      expect.stringContaining(
        'delete element inet filter spamd-white { 192.0.2.1 }\nadd element inet filter spamd-white { 192.0.2.1 timeout 9000s }\n',
      ),
    ]);
    expect(await scripts(pf, before, later, NOW + 3600)).toEqual([]);
  });

  it('give an element its earlier time at once', async () => {
    const [script] = await scripts(nft, [white('192.0.2.1')], [white('192.0.2.1', NOW + 30)], NOW + 60);
    expect(script).toContain('{ 192.0.2.1 timeout 30s }');
  });

  it('come again to what was carried out', async () => {
    const mirror = new Mirror(nft);
    mirror.noteFull(await wanted(nft, white('192.0.2.1')), NOW);
    const other = await wanted(nft, trapped('192.0.2.2'));
    mirror.noteChanges(mirror.changes(other, NOW, NOW).changes, NOW);
    expect(mirror.changes(other, NOW, NOW).calls).toEqual([]);
  });
});

describe('what a firewall is to hold', () => {
  it('leaves out what has expired, what stands for a pool, and for nft the networks of IPv4', async () => {
    const records = [white('192.0.2.1', NOW), white('example.org'), white('198.51.100.0/24'), white('2001:db8::/64')];
    const { sets, leftOut } = await wanted(nft, ...records);
    expect([...(sets.get('white')?.keys() ?? [])]).toEqual(['2001:db8::/64']);
    expect(leftOut).toBe(2);
    expect([...((await wanted(pf, ...records)).sets.get('white')?.keys() ?? [])]).toEqual([
      '198.51.100.0/24',
      '2001:db8::/64',
    ]);
  });

  it('has nothing twice: what lies in a network of the set is left to that', async () => {
    const all = nftFirewall(['inet', 'filter', 'spamd'], { networks: true });
    const records = ['2001:db8::1', '2001:db8::/64', '2001:db8::/48', '2001:db8:1::/64', '192.0.2.1', '192.0.2.0/24'];
    const { sets } = await wanted(all, ...records.map((ip) => trapped(ip)), white('192.0.2.1'));
    expect([...(sets.get('trapped')?.keys() ?? [])]).toEqual(['2001:db8::/48', '2001:db8:1::/64', '192.0.2.0/24']);
    expect([...(sets.get('white')?.keys() ?? [])]).toEqual(['192.0.2.1']);
  });

  it('goes into commands of a bounded length', async () => {
    const many = Array.from({ length: 600 }, (_, index) => white(`10.0.${index >> 8}.${index & 255}`));
    const [call] = new Mirror(nft).full(await wanted(nft, ...many), NOW).calls;
    expect(call?.input.match(/^add element/gm)).toHaveLength(3);
    expect(call?.input.match(/timeout/g)).toHaveLength(600);
  });

  it('ends in nft after at most 49 days, and is given its time again before', async () => {
    const far = [white('192.0.2.1', NOW + 10_000_000)];
    const [call] = new Mirror(nft).full(await wanted(nft, ...far), NOW).calls;
    expect(call?.input).toContain('{ 192.0.2.1 timeout 4294000s }');
    expect(await scripts(nft, far, far, NOW + 600)).toEqual([]);
    expect(await scripts(nft, far, far, NOW + 4_294_000)).toHaveLength(1);
  });
});

describe('table', () => {
  let folder = '';
  let control = '';
  let greylist: Greylist;
  let served: ServedSocket;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spamd-sync-table-'));
    control = join(folder, 'control');
    greylist = new Greylist();
    served = await serveGreylist(greylist, control);
    await greylist.trap('192.0.2.8', { expires: 4_000_000_000 });
    await greylist.allow('192.0.2.9', { expires: 4_000_000_000 });
  });
  afterAll(async () => {
    await served.close();
    await greylist.close();
    await rm(folder, { recursive: true });
  });

  it('prints with --dry-run what it would run', async () => {
    const run = (...args: string[]) => spamdSync(['table', ...args, '--dry-run', '--control', control]);
    expect(await run('--pf', 'spamd')).toEqual({
      out: '# pfctl -q -t spamd-white -T replace -f -\n192.0.2.9\n# pfctl -q -t spamd-trapped -T replace -f -\n192.0.2.8\n',
      err: '',
      exit: 0,
    });
    expect((await run('--nft', 'filter', 'spamd', '--type', 'trapped')).out).toBe(
      '# nft -f -\nflush set inet filter spamd-trapped\n' +
        'add element inet filter spamd-trapped { 192.0.2.8 timeout 4294000s }\nflush set inet filter spamd-trapped6\n',
    );
    expect(objects(await run('--pf', 'spamd', '--json', '--type', 'white'))).toEqual([
      { argv: ['pfctl', '-q', '-t', 'spamd-white', '-T', 'replace', '-f', '-'], input: '192.0.2.9\n' },
    ]);
  });

  it.each([
    [[], /^spamd-sync: say --nft TABLE SET, or --pf TABLE; see --help\n$/],
    [['--nft', 'filter', 'spamd', '--pf', 'spamd'], /say --nft TABLE SET, or --pf TABLE/],
    [['--nft', 'filter'], /^spamd-sync: --nft: not a table and a name for its sets: "filter"; see --help\n$/],
    [['--nft', 'inet filter', 'a;flush'], /not a table and a name/],
    [['--nft', 'outer filter spamd'], /not a table and a name/],
    [['--pf', 'a-name-that-is-too-long-for-pf'], /^spamd-sync: --pf: not a name for tables/],
    [['--pf', 'spamd', '--interval', '0'], /^spamd-sync: --interval: must be more than 0; see --help\n$/],
  ])('says in one line what is wrong: %j', async (args, line) => {
    const ran = await spamdSync(['table', ...args, '--control', control]);
    expect(ran.err).toMatch(line);
    expect({ out: ran.out, exit: ran.exit }).toEqual({ out: '', exit: 2 });
  });

  it('ends at once where no daemon answers and it was to run once', async () => {
    const nowhere = join(folder, 'nowhere');
    const ran = await spamdSync(['table', '--pf', 'spamd', '--once', '--control', nowhere]);
    expect(ran).toEqual({ out: '', err: `spamd-sync: nobody serves a greylist on ${nowhere}\n`, exit: 3 });
  });
});
