import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryStore, SyncKey } from 'spamd-sync';
import { Exchange } from 'spamd-sync/exchange';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { objects, type Ran, spamdSync } from './cli.ts';

const SECRET = 'the key of the group';
const KEY = SyncKey.fromBytes(Buffer.from(SECRET));
const OTHER_KEY = SyncKey.fromBytes(Buffer.from('another key'));

let folder = '';
let key = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spamd-sync-exchange-'));
  key = join(folder, 'key');
  await writeFile(key, SECRET, { mode: 0o600 });
});
afterEach(() => rm(folder, { recursive: true }));

/** One that listens on loopback, as that of a daemon. */
async function opened(of: SyncKey): Promise<Exchange> {
  const exchange = new Exchange({ key: of, store: new MemoryStore(), listen: '127.0.0.1:0' });
  await exchange.open({ mergeRecords: async () => [] });
  return exchange;
}

function at({ address }: Exchange): string {
  return `127.0.0.1:${address?.port}`;
}

describe('serve --check of an exchange of state', () => {
  const check = (...args: readonly string[]): Promise<Ran> =>
    spamdSync(['serve', '--check', '-y', '127.0.0.1', '--store', 'memory', '--control', join(folder, 'c'), ...args]);

  it('is checked without a word to the others: where it would listen, and whom it would connect to', async () => {
    const names = ['mx2.example.org', '[2001:db8::1]:9'].flatMap((name) => ['--exchange-with', name]);
    const ran = await check('-K', key, '--exchange', '127.0.0.1:8027', ...names);
    expect(ran.err).toBe('');
    expect(ran.out).toContain('exchange: 127.0.0.1:8027: would be listened on\n');
    expect(ran.out).toContain('exchange: with mx2.example.org\nexchange: with [2001:db8::1]:9\n');
    const six = await check('-K', key, '--exchange', '[::1]:8027');
    expect(six.out).toContain('exchange: [::1]:8027: would be listened on\n');
  });

  it.each([
    ['--exchange', '8027', 'not HOST, HOST:PORT or [IPv6]:PORT'],
    ['--exchange', '::1', 'not HOST, HOST:PORT or [IPv6]:PORT'],
    ['--exchange', '0.0.0.0:65536', 'not HOST, HOST:PORT or [IPv6]:PORT'],
    ['--exchange-with', 'mx 2', 'not HOST, HOST:PORT or [IPv6]:PORT'],
    ['--exchange-with', 'mx2.example.org:0', 'port 0 is for listening alone'],
    ['--exchange-interval', '0', 'not 1s..1d'],
    ['--exchange-interval', '25h', 'not 1s..1d'],
  ])('refuses %s %s in one line', async (option, value, why) => {
    const ran = await check('-K', key, option, value);
    expect(ran.err).toMatch(/^spamd-sync: option '--exchange/);
    expect(ran.err).toContain(`argument '${value}' is invalid. ${why}`);
    expect(ran.err.trim().split('\n')).toHaveLength(1);
    expect(ran.exit).toBe(2);
  });

  it.each(['--exchange', '--exchange-with'])('%s needs a key', async (option) => {
    const line =
      'spamd-sync: --exchange and --exchange-with need a key: whoever connects could read and write the greylist; see --help\n';
    expect(await check('--empty-key', option, '127.0.0.1')).toMatchObject({ err: line, exit: 2 });
    const doctor = await spamdSync(['doctor', '-y', '127.0.0.1', '--empty-key', option, '127.0.0.1']);
    expect(doctor).toMatchObject({ err: line, exit: 2 });
  });

  it('is refused an address that this host does not have, and a port that another process has', async () => {
    const away = await check('-K', key, '--exchange', '192.0.2.1:8027');
    expect(away.err).toMatch(/^spamd-sync: .*EADDRNOTAVAIL.*192\.0\.2\.1/);
    expect(away.exit).toBe(3);
    const server = createServer((socket) => void socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const taken = await check('-K', key, '--exchange', `127.0.0.1:${port}`);
    const who = '(another process|\\S+ \\(pid \\d+\\).*)';
    const words = `^spamd-sync: cannot listen on 127\\.0\\.0\\.1:${port} \\(TCP\\): the port is in use: ${who} has it\n$`;
    expect(taken.err).toMatch(new RegExp(words));
    expect(taken.exit).toBe(3);
    server.close();
  });

  it('may have a port that a daemon of the group has now', async () => {
    await using exchange = await opened(KEY);
    const ran = await check('-K', key, '--exchange', at(exchange));
    expect(ran.out).toContain(`exchange: ${at(exchange)}: a daemon listens on it now\n`);
    expect(ran.exit).toBe(0);
  });
});

describe('doctor with an exchange of state', () => {
  const check = (...more: readonly string[]): Promise<Ran> =>
    spamdSync(['doctor', '-Y', '127.0.0.1', '-K', key, '--json', ...more]);
  const found = async (...more: readonly string[]) =>
    objects(await check(...more)).filter(({ check }) => !['key', 'interface', 'target'].includes(check));

  it('says whether the port can be had, a daemon of the group has it, or another process', async () => {
    await using own = await opened(KEY);
    await using other = await opened(OTHER_KEY);
    expect(await found('--offline', '--exchange', '127.0.0.1:0')).toMatchObject([
      { check: 'exchange-port', severity: 'ok', message: 'TCP 127.0.0.1:0 can be listened on' },
    ]);
    expect(await found('--offline', '--exchange', at(own))).toMatchObject([
      { severity: 'ok', message: `a daemon with this key listens on TCP ${at(own)}` },
    ]);
    expect(await found('--offline', '--exchange', at(other))).toMatchObject([
      { severity: 'bad', message: expect.stringContaining('the port is in use: '), remedy: expect.any(String) },
    ]);
    expect(await found('--offline', '--exchange', '192.0.2.1')).toMatchObject([
      { severity: 'bad', message: expect.stringContaining('EADDRNOTAVAIL'), remedy: expect.any(String) },
    ]);
  });

  it('tells a peer that answers, another key, nothing there, no name and another protocol, each with its remedy', async () => {
    await using own = await opened(KEY);
    await using other = await opened(OTHER_KEY);
    const mail = createServer((socket) => {
      socket.on('error', () => {}).resume();
      socket.end('220 mx.example.org ESMTP\r\n');
    }).listen(0, '127.0.0.1');
    await once(mail, 'listening');
    const smtp = `127.0.0.1:${(mail.address() as AddressInfo).port}`;
    const peers = [at(own), at(other), '127.0.0.1:1', 'mx9.invalid', smtp];
    const ran = await check(...peers.flatMap((peer) => ['--exchange-with', peer]));
    expect(ran.exit).toBe(1);
    const findings = objects(ran).filter(({ check, about }) => check !== 'key' && peers.includes(about));
    expect(findings.map(({ check, severity, about }) => [check, severity, about])).toEqual([
      ['exchange', 'ok', at(own)],
      ['wrong-key', 'bad', at(other)],
      ['exchange', 'bad', '127.0.0.1:1'],
      ['target', 'bad', 'mx9.invalid'],
      ['exchange', 'bad', smtp],
    ]);
    expect(findings[0].message).toMatch(/^exchange with \S+: answers by key [\da-f-]{19}, its clock [+-]\d+ s$/);
    expect(findings.slice(1).map(({ message }) => message.replace(/^.*: /, ''))).toEqual([
      'it has another key',
      'nothing listens there',
      'the name does not resolve',
      'what listens there is no exchange of state',
    ]);
    for (const { remedy } of findings.slice(1)) expect(remedy).toEqual(expect.any(String));
    mail.close();
  });

  it('does not connect with --offline', async () => {
    expect(await found('--offline', '--exchange-with', '127.0.0.1:1')).toEqual([]);
  });
});
