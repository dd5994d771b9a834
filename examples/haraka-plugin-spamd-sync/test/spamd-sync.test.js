const assert = require('node:assert/strict');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { after, before, beforeEach, test } = require('node:test');
const { Address } = require('@haraka/email-address');
const fixtures = require('haraka-test-fixtures');
const { Greylist } = require('spamd-sync');
const { serveGreylist } = require('spamd-sync/socket');

const DENY = 902;
const DENYSOFT = 903;
const CLOCK = { time: 1_800_000_000, now: () => CLOCK.time };

let directory;
let greylist;
let served;
let plugin;
let connection;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'haraka-plugin-spamd-sync-'));
  greylist = new Greylist({ clock: CLOCK, policy: { passtime: 300 } });
  served = await serveGreylist(greylist, join(directory, 'control'));
  await greylist.spamtraps.add('trap@example.net');
});
after(async () => {
  await plugin.spamd_sync.greylist.close();
  await served.close();
  await greylist.close();
  rmSync(directory, { recursive: true });
});

beforeEach(async () => {
  await plugin?.spamd_sync.greylist.close();
  plugin = new fixtures.plugin('index');
  configure({});
  plugin.register();
  connection = fixtures.connection.createConnection();
  connection.init_transaction();
  connection.remote.ip = '192.0.2.7';
  connection.local.ip = '192.0.2.1';
  connection.hello.host = 'MX.example.org';
  connection.transaction.mail_from = new Address('<Alice@example.org>');
});

/** Gives the plugin another configuration, and says what happens when it changes. */
function configure(main) {
  const defaults = { control: join(directory, 'control'), header: true, private: false, outbound: true };
  plugin.config.get = (_name, _options, changed) => {
    plugin.changed = changed;
    return { main: { ...defaults, ...main } };
  };
}

/** The code and the reply of a hook. */
function hook(name, ...args) {
  return new Promise((resolve) => plugin[name]((code, reply) => resolve({ code, reply }), ...args));
}

const rcpt = (address) => new Address(`<${address}>`);
const results = () => connection.transaction.results.get('index');

test('registers rcpt before the look-up of recipients, rcpt_ok, and delivered', () => {
  const hooks = [];
  plugin.register_hook = (...args) => hooks.push(args);
  plugin.register();
  assert.deepEqual(hooks, [
    ['rcpt', 'trap', -50],
    ['rcpt_ok', 'check', 50],
    ['delivered', 'delivered'],
  ]);
});

test('defers the first attempt with 451, and passes the retry with a header field', async () => {
  const first = await hook('check', connection, rcpt('bob@example.net'));
  assert.equal(first.code, DENYSOFT);
  assert.equal(first.reply.constructor.name, 'DSN');
  assert.deepEqual({ ...first.reply }, { code: 451, reply: '4.7.1 Greylisted, please try again in 301 seconds' });
  assert.deepEqual(results().fail, ['first-sight']);
  CLOCK.time += 301;
  assert.equal((await hook('check', connection, rcpt('bob@example.net'))).code, undefined);
  assert.deepEqual(results().pass, ['retry']);
  assert.match(connection.transaction.header.get('X-Greylist'), /^delayed 301 seconds by spamd-sync; /);
});

test('traps at hook rcpt, and leaves other recipients to the plugins behind', async () => {
  connection.remote.ip = '192.0.2.8';
  assert.equal((await hook('trap', connection, [rcpt('bob@example.net')])).code, undefined);
  const sprung = await hook('trap', connection, [rcpt('Trap@example.net')]);
  assert.equal(sprung.code, DENY);
  assert.equal(sprung.reply.code, 550);
  assert.equal((await hook('check', connection, rcpt('bob@example.net'))).code, DENY);
});

test('lets clients pass that may relay, and those of private networks unless it is told otherwise', async () => {
  connection.relaying = true;
  assert.equal((await hook('trap', connection, [rcpt('trap@example.net')])).code, undefined);
  assert.equal((await hook('check', connection, rcpt('bob@example.net'))).code, undefined);
  connection.relaying = false;
  connection.remote.is_private = true;
  assert.equal((await hook('check', connection, rcpt('bob@example.net'))).code, undefined);
  assert.deepEqual(results().skip, ['relaying', 'private']);
  configure({ private: true });
  plugin.changed();
  assert.equal((await hook('check', connection, rcpt('other@example.net'))).code, undefined);
  connection.remote.ip = '192.0.2.9';
  assert.equal((await hook('check', connection, rcpt('other@example.net'))).code, DENYSOFT);
});

test('keeps the configuration that it has when the file holds a mistake', async () => {
  configure({ timeout: 'soon' });
  plugin.changed();
  connection.remote.ip = '192.0.2.10';
  assert.equal((await hook('check', connection, rcpt('bob@example.net'))).code, DENYSOFT);
});

test('lets mail pass when nobody serves a greylist, and asks once', async () => {
  configure({ control: join(directory, 'nobody') });
  plugin.changed();
  connection.remote.ip = '192.0.2.11';
  assert.equal((await hook('trap', connection, [rcpt('trap@example.net')])).code, undefined);
  assert.equal((await hook('check', connection, rcpt('trap@example.net'))).code, undefined);
  assert.match(results().err.join(), /^nobody serves a greylist on .*nobody$/);
});

test('makes white whom mail was delivered to by SMTP, and nobody by LMTP or when it is told not to', async () => {
  const params = (ip, mode) => ['mx.example.org', ip, '250 ok', 1, 25, mode];
  await hook('delivered', {}, params('192.0.2.20', 'SMTP'));
  await hook('delivered', {}, params('192.0.2.21', 'LMTP'));
  configure({ outbound: false });
  const { greylist: asked } = plugin.spamd_sync;
  plugin.changed();
  await hook('delivered', {}, params('192.0.2.22', 'SMTP'));
  // What was asked on a connection is answered in order.
  await asked.stats();
  const white = [];
  for await (const { type, ip } of greylist.export()) if (type === 'WHITE') white.push(ip);
  assert.deepEqual(
    white.filter((ip) => /\.2[012]$/.test(ip)),
    ['192.0.2.20'],
  );
});
