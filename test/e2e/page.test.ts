import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type Entry, Greylist, MemoryStore, SyncKey, SyncPeer } from 'spamd-sync';
import { Exchange, type ExchangePeer, probeExchange } from 'spamd-sync/exchange';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openStatus, type Status } from '../../src/status/index.ts';
import { Program } from './program.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const HOSTILE = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>\u202e&amp;'"`;
/** Its override would turn what stands beside it, and is shown instead. */
const SHOWN = HOSTILE.replace('\u202e', '\\u202e');
const KEY = SyncKey.fromBytes(Buffer.from('secret'));
const TRAPS = 100_000;

let browser: Browser;
let peer: SyncPeer;
let other: SyncPeer;
let stranger: SyncPeer;
let greylist: Greylist;
let exchange: Exchange;
let elsewhere: Exchange;
/** What the page is shown of a peer of the exchange in place of what it is. */
let pretended: Partial<ExchangePeer> | undefined;
let status: Status;

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  other = await SyncPeer.open({ key: KEY, listen: '127.77.0.2', port: 0 });
  const targets = [
    { host: '127.77.0.2', port: other.address.port },
    { host: '127.77.0.3', port: 9 },
  ];
  peer = await SyncPeer.open({ key: KEY, listen: '127.77.0.1', port: 0, targets });
  await other.close();
  const here = [{ host: '127.77.0.1', port: peer.address.port }];
  other = await SyncPeer.open({ key: KEY, listen: '127.77.0.2', port: other.address.port, targets: here });
  const wrong = SyncKey.fromBytes(Buffer.from('another'));
  stranger = await SyncPeer.open({ key: wrong, listen: '127.77.0.4', port: 0, targets: here });
  elsewhere = new Exchange({ key: KEY, store: new MemoryStore(), listen: '127.77.0.2:0' });
  await elsewhere.open({ mergeRecords: async (records) => records });
  const peers = [`127.77.0.2:${elsewhere.address?.port}`, '127.77.0.3:9'];
  const store = new MemoryStore();
  exchange = new Exchange({ key: KEY, store, group: peer, listen: '127.77.0.1:0', with: peers });
  greylist = new Greylist({ store: exchange.store, group: exchange });
  await exchange.open(greylist);
  const { port = 0 } = exchange.address ?? {};
  for (let at = 0; at < 3; at++) await probeExchange(`127.77.0.1:${port}`, wrong);
  const stats = (): ReturnType<Exchange['stats']> => {
    const shown = exchange.stats();
    if (pretended === undefined) return shown;
    return { ...shown, rounds: 0, peers: shown.peers.map((one) => ({ ...one, ...pretended })) };
  };
  status = await openStatus({
    peer,
    greylist,
    exchange: { stats, on: exchange.on.bind(exchange), off: exchange.off.bind(exchange) },
    host: '127.0.0.1',
    port: 0,
  });
});
afterAll(async () => {
  await browser.close();
  await status.close();
  await greylist.close();
  for (const one of [exchange, elsewhere]) await one.close();
  for (const one of [peer, other, stranger]) await one.close();
});

const now = (): number => Math.floor(Date.now() / 1000);
const grey = (ip: string): Entry => ({
  type: 'grey',
  ip,
  helo: HOSTILE,
  from: `<${HOSTILE}>`,
  to: '<b@example.net>',
  timestamp: now(),
});

/** A page, with whatever went wrong on it. */
async function opened(options: Parameters<Browser['newPage']>[0] = {}): Promise<{ page: Page; troubles: string[] }> {
  const page = await browser.newPage(options);
  const troubles: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) troubles.push(message.text());
  });
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(status.url)) troubles.push(`asked ${request.url()}`);
  });
  await page.goto(status.url);
  return { page, troubles };
}

async function violations(page: Page): Promise<unknown[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(() =>
    (
      globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
    ).axe.run(),
  );
  return found.violations.map(({ id, nodes }) => [id, nodes[0]?.html]);
}

describe('the page in a browser', () => {
  beforeEach(async () => {
    await other.announce([
      grey('198.51.100.1'),
      { type: 'trapped', ip: '198.51.100.66', timestamp: now(), expires: now() + 3600 },
    ]);
    await stranger.white('198.51.100.2', now() + 3600);
    await greylist.check({ ip: '192.0.2.7', helo: HOSTILE, from: `<${HOSTILE}>`, to: '<b@example.net>' });
  });

  test('shows the group, what goes on and what is held, hostile strings as texts, and asks nobody else', async () => {
    const { page, troubles } = await opened();
    await page.locator('#hosts tr', { hasText: '127.77.0.2' }).getByText('well').waitFor();
    await page.locator('#hosts tr', { hasText: '127.77.0.3' }).getByText('silent').waitFor();
    await page.locator('#hosts tr', { hasText: '127.77.0.4' }).getByText('another key').waitFor();
    await page.locator('#feed li', { hasText: 'GREY' }).first().waitFor();
    await page.locator('#feed li', { hasText: 'dropped auth' }).first().waitFor();
    await page.locator('#feed li', { hasText: 'defer' }).first().waitFor();
    expect(await page.locator('#feed').textContent()).toContain(SHOWN);
    await page.getByRole('button', { name: 'Tuples' }).click();
    await page.locator('#records tr', { hasText: '192.0.2.7' }).waitFor();
    expect(await page.locator('#records').textContent()).toContain(SHOWN);
    await page.getByLabel('Address').fill('192.0.2.7');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.locator('#answer', { hasText: 'waits' }).waitFor();
    expect(await page.locator('#answer').textContent()).toContain(SHOWN);
    expect(await page.title()).toBe('spamd-sync');
    expect(await page.locator('img').count()).toBe(0);
    expect(troubles).toEqual([]);
    await page.close();
  });

  test('shows what was decided, sent, received and exchanged in one line of time, and of it what is chosen', async () => {
    const client = { helo: 'a.example.org', from: '<a@example.org>', to: '<b@example.net>' };
    await greylist.allow('192.0.2.30');
    await greylist.check({ ip: '192.0.2.30', ...client });
    await greylist.check({ ip: '192.0.2.31', ...client });
    await expect.poll(async () => (await greylist.why('198.51.100.66')).state).toBe('trapped');
    await greylist.check({ ip: '198.51.100.66', ...client });
    const entry: Entry = { type: 'grey', ip: '2001:db8::5', ...client, helo: HOSTILE, timestamp: now() };
    exchange.emit('entry', entry, { address: '127.77.0.9', port: 8027 });
    exchange.emit('round', { address: '127.77.0.9', leaves: 3, received: 12, merged: 11 });
    const { page, troubles } = await opened();
    const newestFirst = [
      'STATEfrom 127.77.0.9; 11 of 12 records merged',
      `GREY2001:db8::5from 127.77.0.9; helo ${SHOWN}`,
      'rejected198.51.100.66trapped, by group; helo a.example.org from <a@example.org>',
      'deferred192.0.2.31first-sight, ',
      'passed192.0.2.30white; ',
      'TRAPPED198.51.100.66from 127.77.0.2; until ',
    ];
    const line = (text: string) => page.locator('#feed li', { hasText: text }).first();
    for (const text of [...newestFirst, 'WHITE192.0.2.30to 127.77.0.2 port ']) await line(text).waitFor();
    const places = (await page.locator('#feed li').allTextContents()).join('\n');
    const order = newestFirst.map((text) => places.indexOf(text));
    expect(order).toEqual(order.toSorted((one, other) => one - other));

    const box = (name: string) => page.getByRole('checkbox', { name });
    await box('Verdicts').uncheck();
    await greylist.check({ ip: '192.0.2.32', ...client });
    await line('deferred192.0.2.32').waitFor({ state: 'attached' });
    const shown = async () => (await page.locator('#feed li:visible').allTextContents()).join('\n');
    expect(await shown()).not.toMatch(/passed|deferred|rejected/);
    for (const text of ['GREY2001:db8::5', 'WHITE192.0.2.30', 'dropped auth']) expect(await shown()).toContain(text);
    await box('Verdicts').check();
    for (const name of ['Wire', 'Exchange', 'Drops']) await box(name).uncheck();
    expect(await shown()).toMatch(/deferred192\.0\.2\.32/);
    expect(await shown()).not.toMatch(/GREY|WHITE|TRAPPED|STATE|dropped/);
    expect(await page.locator('img').count()).toBe(0);
    expect(troubles).toEqual([]);
    await page.close();
  });

  test('shows each peer of the exchange of state, who was refused, and a join that is under way', async () => {
    const { page, troubles } = await opened();
    const rows = page.locator('#exchange-peers tr');
    await rows.filter({ hasText: '127.77.0.2' }).getByText('well').waitFor();
    const known = await rows.filter({ hasText: '127.77.0.2' }).locator('td').allTextContents();
    expect(known.slice(2)).toEqual([
      expect.stringMatching(/^\d+ s ago$/),
      '0',
      '0',
      // What other tests made here.
      expect.stringMatching(/^\d+$/),
      expect.stringMatching(/^\d/),
      expect.stringMatching(/^\d/),
    ]);
    await rows.filter({ hasText: '127.77.0.3' }).getByText('cannot be reached').waitFor();
    await rows.filter({ hasText: 'nothing listens there' }).waitFor();
    await page.locator('#refusals', { hasText: 'Refused 127.0.0.1: another key' }).waitFor();
    await page.locator('#state', { hasText: '2 of 4 hosts need a look' }).waitFor();
    pretended = { outcome: 'asking', recordsReceived: 2250 };
    await page.locator('#state', { hasText: 'Joining: what the others hold is on its way, 4,500 records' }).waitFor();
    await rows.filter({ hasText: '127.77.0.2' }).getByText('under way').waitFor();
    pretended = undefined;
    await page.locator('#state', { hasText: 'need a look' }).waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  test('keeps verdicts in sight when thousands of datagrams are dropped, and no more than a hundred of the drops', async () => {
    await greylist.check({ ip: '192.0.2.33', helo: 'a', from: '<>', to: '<b@example.net>' });
    const source = { address: '127.77.0.5', port: 8025 };
    const flood = () => {
      for (let at = 0; at < 3000; at++) peer.emit('drop', { reason: 'auth', source, detail: `${at}`, size: 52 });
    };
    flood();
    const { page } = await opened();
    await page.locator('#feed li', { hasText: '2999' }).waitFor();
    flood();
    await page.locator('#missed', { hasText: /^2,9\d\d more went by/ }).waitFor();
    expect(await page.locator('#feed li', { hasText: 'dropped auth' }).count()).toBe(100);
    expect(await page.locator('#feed li', { hasText: 'deferred192.0.2.33' }).count()).toBe(1);
    await page.close();
  });

  test('says why a trapped address is trapped, and what is no address', async () => {
    const { page } = await opened();
    await page.getByLabel('Address').fill('198.51.100.66');
    await page.getByLabel('Address').press('Enter');
    await page.locator('#answer', { hasText: 'is trapped' }).waitFor();
    expect(await page.locator('#answer').textContent()).toContain('announced by 127.77.0.2');
    await page.getByLabel('Address').fill('nobody');
    await page.getByLabel('Address').press('Enter');
    await page.locator('#answer', { hasText: 'is not an IP address' }).waitFor();
    await page.close();
  });

  test.each([
    [1200, 'light'],
    [400, 'dark'],
  ] as const)(
    'at %i pixels in %s has no violation that axe finds, and scrolls in one direction alone',
    async (width, colorScheme) => {
      const { page, troubles } = await opened({ viewport: { width, height: 900 }, colorScheme });
      await page.locator('#hosts tr', { hasText: '127.77.0.4' }).waitFor();
      await page.locator('#exchange-peers tr', { hasText: '127.77.0.3' }).waitFor();
      await page.locator('#feed li', { hasText: 'GREY' }).first().waitFor();
      await page.getByLabel('Address').fill('198.51.100.66');
      await page.getByLabel('Address').press('Enter');
      await page.locator('#answer', { hasText: 'is trapped' }).waitFor();
      expect(await violations(page)).toEqual([]);
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect(overflow).toBe(0);
      expect(troubles).toEqual([]);
      await page.close();
    },
  );

  test('turns the pages of 100,000 traps, forth and back, each once', async () => {
    async function* traps() {
      for (let at = 0; at < TRAPS; at++) {
        yield { type: 'TRAPPED', ip: `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`, expires: now() + 3600 } as const;
      }
    }
    await greylist.import(traps());
    const { page, troubles } = await opened();
    const place = page.locator('#place');
    for (const first of ['1', '101', '201', '301']) {
      await page.locator('#place', { hasText: new RegExp(`^${first}–`) }).waitFor();
      expect(await page.locator('#records tr').count()).toBe(100);
      await page.getByRole('button', { name: 'Next' }).click();
    }
    await page.getByRole('button', { name: 'Back' }).click();
    await expect.poll(() => place.textContent()).toBe('301–400');
    expect(troubles).toEqual([]);
    await page.close();
    // The rest as the page asks for it.
    const seen = new Set<string>();
    for (let query: string | undefined = 'type=TRAPPED'; query !== undefined; ) {
      const response = await fetch(new URL(`api/records?${query}`, status.url));
      const { records, next } = (await response.json()) as { records: { ip: string }[]; next?: string };
      for (const { ip } of records) seen.add(ip);
      query = next === undefined ? undefined : `after=${next}`;
    }
    expect(seen.size).toBeGreaterThanOrEqual(TRAPS);
  }, 120_000);

  test('says that the daemon is gone', async () => {
    const { page } = await opened();
    await page.locator('#hosts tr', { hasText: '127.77.0.2' }).waitFor();
    await status.close();
    await page.locator('#state', { hasText: 'does not answer' }).waitFor();
    await page.close();
  });
});

test('serve --demo has traffic and a page at once, on other ports where the usual are taken, and leaves nothing behind', async () => {
  const blocked = await SyncPeer.open({ key: KEY, listen: '127.0.0.1' });
  const taken = createServer().listen(8026, '127.0.0.1');
  await once(taken, 'listening');
  const tmp = mkdtempSync(join(tmpdir(), 'spamd-sync-demo-'));
  const command = [process.execPath, '--import', 'tsx', 'src/cli/main.ts', 'serve', '--demo'];
  await using program = new Program(command, [], { ...process.env, TMPDIR: tmp });
  await expect.poll(() => program.stdout, { timeout: 20_000 }).toMatch(/received WHITE/);
  expect(program.stdout).toMatch(/port 8025 is in use: taking \d+\n/);
  expect(program.stdout).toMatch(/cannot serve HTTP on 127\.0\.0\.1 port 8026: the port is in use: taking another\n/);
  expect(program.stdout).toMatch(/received GREY[\s\S]*received TRAPPED/);
  const [url = ''] = /http:\S+/.exec(program.stdout) ?? [];
  expect(await (await fetch(new URL('healthz', url))).text()).toBe('ok\n');
  program.signal('SIGINT');
  expect(await program.ended).toBe(0);
  expect(program.stderr).toBe('');
  expect(readdirSync(tmp).filter((name) => name.startsWith('spamd-sync'))).toEqual([]);
  rmSync(tmp, { recursive: true });
  taken.close();
  await blocked.close();
});
