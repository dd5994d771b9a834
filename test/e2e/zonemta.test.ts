import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheDirectory } from './cache.ts';
import { MailHost } from './mail-host.ts';

const PLUGIN = 'zonemta-spamd-sync';
const SOURCE = fileURLToPath(new URL(`../../examples/${PLUGIN}`, import.meta.url));
const INSTALLED = cacheDirectory('zone-mta');
const LOADER = join(INSTALLED, 'node_modules/@zone-eu/wild-plugins');

/** What a sender process does with its plugins, for deliveries to the hosts that it is given. */
const SENDER = `
const PluginHandler = require(process.env.LOADER);
const { format } = require('node:util');
const log = (prefix, ...line) => console.log(prefix, format(...line));
const logger = { info: log, error: log };
const plugins = { 'modules/${PLUGIN}': { enabled: ['sender'], control: process.env.CONTROL } };
const handler = new PluginHandler({ logger, pluginsPath: process.cwd(), plugins, context: 'sender', log: {}, db: {} });
handler.load(async () => {
  for (const options of JSON.parse(process.env.CONNECTIONS)) {
    const delivery = { id: '1', seq: '001' };
    await handler.runHooks('sender:connection', [delivery, { options }]);
    await handler.runHooks('sender:delivered', [delivery, { response: '250 ok' }]);
  }
  // An error before a connection is made has none.
  await handler.runHooks('sender:connection', [{}, undefined]);
  console.log('done');
});
`;

/** Installs the real ZoneMTA, unless it is there. Its senders need MongoDB, its plugin loader does not. */
function needZoneMta(): void {
  if (existsSync(LOADER)) return;
  writeFileSync(
    join(INSTALLED, 'package.json'),
    JSON.stringify({ private: true, dependencies: { 'zone-mta': '3.10.3' } }),
  );
  const args = ['install', '--omit=optional', '--no-audit', '--no-fund', '--silent'];
  execFileSync('npm', args, { cwd: INSTALLED, stdio: 'ignore' });
}

let host: MailHost;
beforeAll(async () => {
  needZoneMta();
  host = await MailHost.open();
  cpSync(SOURCE, join(host.directory, 'node_modules', PLUGIN), { recursive: true });
  writeFileSync(join(host.directory, 'sender.cjs'), SENDER);
}, 120_000);
afterAll(() => host[Symbol.asyncDispose]());

/** Delivers, in a process of its own that ends by itself. */
async function deliverTo(connections: readonly object[]): Promise<string> {
  const env = { ...process.env, LOADER, CONTROL: host.control, CONNECTIONS: JSON.stringify(connections) };
  const sender = host.start(['sh', '-c', `cd ${host.directory} && exec ${process.execPath} sender.cjs`], env);
  expect(await sender.ended, sender.stdout + sender.stderr).toBe(0);
  return sender.stdout;
}

test('the plugin holds up no mail while there is no daemon, and says once that deliveries are lost', async () => {
  const log = await deliverTo([{ host: '198.51.100.7' }, { host: '198.51.100.8' }]);
  expect(log).toMatch(/done/);
  expect(log.match(/deliveries are lost: /g)).toHaveLength(1);
});

test('ZoneMTA loads the plugin, which makes white where mail was delivered by SMTP, but ends no trap', async () => {
  await host.startDaemon();
  await host.ask((greylist) => greylist.trap('198.51.100.9'));
  const log = await deliverTo([
    { host: '198.51.100.7', servername: 'mx.example.org' },
    { host: '2001:db8::7' },
    { host: '198.51.100.9' },
    { host: '198.51.100.10', lmtp: true },
    { host: 'mx.example.org' },
    {},
  ]);
  expect(log).toMatch(/Initialized spamd-sync from </);
  expect(log).not.toMatch(/deliveries are lost/);
  expect(await host.records('198.51.100.7')).toEqual(['WHITE']);
  expect(await host.records('2001:db8::/64')).toEqual(['WHITE']);
  expect(await host.records('198.51.100.9')).toEqual(['TRAPPED']);
  expect(await host.records('198.51.100.10')).toEqual([]);
});
