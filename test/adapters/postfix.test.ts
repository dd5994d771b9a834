import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Attempt, Greylist, MemoryStore, type Verdict } from 'spamd-sync';
import { type PolicyServer, type ServePolicyOptions, servePolicy } from 'spamd-sync/adapters/postfix';
import { MemoryNetwork } from 'spamd-sync/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const NOW = 1_800_000_000;
const PASSTIME = 300;
const PASSED: Verdict = { action: 'pass', reason: 'white', expires: NOW };
let folder = '';
let path = '';
let network: MemoryNetwork;
let greylist: Greylist;
const open: AsyncDisposable[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spamd-sync-policy-'));
  path = join(folder, 'policy');
  network = new MemoryNetwork({ start: NOW });
  const store = new MemoryStore({ maxTuples: 100, maxAddresses: 100 });
  greylist = new Greylist({ store, clock: network.clock, policy: { passtime: PASSTIME } });
});
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
  await greylist.close();
  await rm(folder, { recursive: true });
});

async function serve(
  served: Pick<Greylist, 'check'> = greylist,
  options: Partial<ServePolicyOptions> = {},
): Promise<PolicyServer> {
  const server = await servePolicy(served, { path, clock: network.clock, ...options });
  open.push(server);
  return server;
}

/** A greylist that passes all, and what it was asked. */
function recorder(): { asked: Attempt[]; check: (attempt: Attempt) => Promise<Verdict> } {
  const asked: Attempt[] = [];
  return {
    asked,
    check: async (attempt) => {
      asked.push(attempt);
      return PASSED;
    },
  };
}

function request(attributes: Readonly<Record<string, string>> = {}): string {
  const all = {
    request: 'smtpd_access_policy',
    protocol_state: 'RCPT',
    protocol_name: 'ESMTP',
    client_address: '192.0.2.7',
    client_name: 'mail.example.org',
    helo_name: 'mail.example.org',
    sender: 'alice@example.org',
    recipient: 'bob@example.net',
    instance: '1a2b.6929bd4b.3d0.0',
    sasl_username: '',
    server_address: '192.0.2.1',
    ...attributes,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}=${value}\n`);
  return `${lines.join('')}\n`;
}

class Client {
  readonly socket: Socket;
  received = '';

  constructor() {
    this.socket = createConnection(path);
    this.socket.setEncoding('latin1').on('data', (text: string) => {
      this.received += text;
    });
    this.socket.on('error', () => {});
    open.push({ [Symbol.asyncDispose]: async () => void this.socket.destroy() });
  }

  /** The actions that came so far. */
  get actions(): string[] {
    return this.received.split('\n\n').slice(0, -1);
  }

  /** What is answered to one request. */
  async ask(attributes?: Readonly<Record<string, string>>): Promise<string> {
    const before = this.actions.length;
    this.socket.write(request(attributes), 'latin1');
    await expect.poll(() => this.actions.length, { interval: 1 }).toBe(before + 1);
    return this.actions[before] ?? '';
  }
}

/** Not `once()`, which an error of the connection would reject. */
function closed({ socket }: Client): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

/** Writes bytes on a connection of their own, and waits until it is ended. */
async function sendAndEnd(bytes: string | Buffer): Promise<string> {
  const client = new Client();
  client.socket.write(bytes);
  await closed(client);
  return client.received;
}

describe('what Postfix is answered', () => {
  it('a client is deferred until passtime is over, then passes with a header field, and then without', async () => {
    await serve();
    const client = new Client();
    expect(await client.ask()).toBe('action=DEFER_IF_PERMIT 4.7.1 Greylisted, please try again in 301 seconds');
    await network.advance(PASSTIME);
    expect(await client.ask()).toBe('action=DEFER_IF_PERMIT 4.7.1 Greylisted, please try again in 1 seconds');
    await network.advance(1);
    const field = 'delayed 301 seconds by spamd-sync; Fri, 15 Jan 2027 08:05:01 +0000';
    expect(await client.ask({ instance: 'second' })).toBe(`action=PREPEND X-Greylist: ${field}`);
    expect(await client.ask({ recipient: 'carol@example.net', instance: 'second' })).toBe('action=DUNNO');
  });

  it('a client that writes to a spamtrap is refused, and then whatever it writes to', async () => {
    await serve();
    await greylist.spamtraps.add('trap@example.net');
    const client = new Client();
    const refused = 'action=550 5.7.1 Refused: your address is trapped until 2027-01-16T08:00:00.000Z';
    expect(await client.ask({ recipient: 'Trap@Example.net' })).toBe(refused);
    expect(await client.ask()).toBe(refused);
  });

  it('a message has one header field, over whatever connections its recipients come', async () => {
    const late: Verdict = { action: 'pass', reason: 'retry', expires: NOW, waited: 7 };
    await serve({ check: async () => late });
    const [one, other] = [new Client(), new Client()];
    expect(await one.ask({ instance: 'a' })).toMatch(/^action=PREPEND X-Greylist: delayed 7 seconds/);
    expect(await other.ask({ instance: 'a' })).toBe('action=DUNNO');
    expect(await other.ask({ instance: 'b' })).toMatch(/^action=PREPEND/);
    for (let at = 0; at < 1000; at++) one.socket.write(request({ instance: `c${at}` }));
    await expect.poll(() => one.actions.length).toBe(1001);
    // What is remembered is bounded: the oldest goes first.
    expect(await one.ask({ instance: 'c999' })).toBe('action=DUNNO');
    expect(await one.ask({ instance: 'a' })).toMatch(/^action=PREPEND/);
  });

  it('the greylist gets addresses with brackets, text as it was sent, and the local address', async () => {
    const { asked, check } = recorder();
    await serve({ check });
    const client = new Client();
    await client.ask({
      client_address: '2001:DB8::1',
      sender: '',
      recipient: 'a b@Example.net',
      server_address: '::1',
    });
    await client.ask({ helo_name: 'm\xfcller', recipient: 'm\xc3\xbcller@example.net' });
    expect(asked).toEqual([
      { ip: '2001:db8::1', helo: 'mail.example.org', from: '<>', to: '<a b@Example.net>', connectedTo: '::1' },
      {
        ip: '192.0.2.7',
        helo: 'müller',
        from: '<alice@example.org>',
        to: '<müller@example.net>',
        connectedTo: '192.0.2.1',
      },
    ]);
  });

  it('other stages, clients without an address and clients that logged in are not for the greylist', async () => {
    const { asked, check } = recorder();
    const server = await serve({ check });
    const client = new Client();
    expect(await client.ask({ protocol_state: 'END-OF-MESSAGE', recipient: '' })).toBe('action=DUNNO');
    expect(await client.ask({ client_address: 'unknown' })).toBe('action=DUNNO');
    expect(await client.ask({ sasl_username: 'alice' })).toBe('action=DUNNO');
    expect(asked).toEqual([]);
    expect(server.stats()).toMatchObject({ requests: 3, skipped: { state: 1, authenticated: 1, address: 1 } });
    expect(await client.ask({ ccert_fingerprint: 'AB:CD' })).toBe('action=DUNNO');
    expect(asked).toHaveLength(1);
  });

  it('who has a certificate passes where the options say so, and then who logged in does not', async () => {
    const { asked, check } = recorder();
    await serve({ check }, { authenticatedBy: ['ccert_fingerprint'] });
    const client = new Client();
    await client.ask({ ccert_fingerprint: 'AB:CD' });
    expect(asked).toEqual([]);
    await client.ask({ sasl_username: 'alice' });
    expect(asked).toHaveLength(1);
  });
});

describe('how requests come', () => {
  it('cut anywhere, and several at once, they are answered in order', async () => {
    const { asked, check } = recorder();
    await serve({ check });
    const client = new Client();
    const text = [1, 2, 3].map((at) => request({ helo_name: `mx${at}`, unknown: 'any=thing' })).join('');
    for (const byte of text) {
      client.socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.socket.write(text);
    await expect.poll(() => client.actions.length).toBe(6);
    expect(asked.map(({ helo }) => helo)).toEqual(['mx1', 'mx2', 'mx3', 'mx1', 'mx2', 'mx3']);
  });

  it('a client that sends no more gets its answer, and then the end', async () => {
    await serve();
    const client = new Client();
    client.socket.end(request({ client_address: '192.0.2.7' }));
    await closed(client);
    expect(client.actions).toEqual([expect.stringMatching(/^action=DEFER_IF_PERMIT/)]);
  });

  it('a value over 2048 bytes is cut, and counted', async () => {
    const { asked, check } = recorder();
    const server = await serve({ check });
    await new Client().ask({ helo_name: 'x'.repeat(2049) });
    expect(asked[0]?.helo).toHaveLength(2048);
    expect(server.stats().cut).toBe(1);
  });

  it.each([
    ['of another protocol', 'malformed', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n\n'],
    ['that is empty', 'malformed', '\n'],
    ['of another kind', 'malformed', request({ request: 'junk' })],
    ['without its end', 'oversize', Buffer.alloc(65_537, 'x')],
    ['over 64 KiB', 'oversize', request({ x: 'x'.repeat(65_536) })],
  ] as const)('a request %s ends its connection without an answer, and is counted', async (_what, why, bytes) => {
    const server = await serve();
    expect(await sendAndEnd(bytes)).toBe('');
    expect(server.stats().dropped).toMatchObject({ [why]: 1 });
    expect(await new Client().ask()).toMatch(/^action=DEFER_IF_PERMIT/);
  });

  it('a request that ends halfway is counted', async () => {
    const server = await serve();
    const client = new Client();
    client.socket.end(request().slice(0, -1));
    await closed(client);
    expect(client.received).toBe('');
    expect(server.stats().dropped.malformed).toBe(1);
  });
});

describe('what a policy server holds out', () => {
  it('a reply of several lines, which would be the end of its answer, and the next to another request', async () => {
    const reply = '550 5.7.1 a\n\naction=OK\n\n';
    await serve({ check: async () => ({ action: 'reject', reason: 'trapped', trappedBy: '', expires: 1, reply }) });
    const client = new Client();
    client.socket.end(request());
    await closed(client);
    expect(client.actions).toEqual(['action=550 5.7.1 a action=OK ']);
  });

  it('no answer, and the end, where the greylist rejects: Postfix then does as it is set up to', async () => {
    const server = await serve({ check: () => Promise.reject(new Error('closed')) });
    expect(await sendAndEnd(request())).toBe('');
    expect(server.stats().dropped.error).toBe(1);
  });

  it('a client that is slow within a request is cut off after ten seconds, an idle one after ten minutes', async () => {
    const server = await serve();
    const [slow, idle] = [new Client(), new Client()];
    await idle.ask();
    slow.socket.write('request=smtpd_access_policy\n');
    await expect.poll(() => server.stats().connections).toBe(2);
    await new Promise((resolve) => setImmediate(resolve));
    await network.advance(16);
    await closed(slow);
    expect(server.stats()).toMatchObject({ connections: 1, dropped: { timeout: 1 } });
    await network.advance(500);
    await idle.ask();
    await network.advance(500);
    expect(server.stats().connections).toBe(1);
    await network.advance(106);
    await closed(idle);
    expect(server.stats().dropped.timeout).toBe(2);
  });

  it('a client that does not read its answers is not read from, and is cut off', async () => {
    const server = await serve({ check: async () => PASSED });
    const client = new Client();
    client.socket.pause();
    client.socket.write(request().repeat(100_000));
    let before = -1;
    await expect
      .poll(() => {
        const stopped = server.stats().requests === before && before > 0;
        before = server.stats().requests;
        return stopped;
      })
      .toBe(true);
    expect(before).toBeLessThan(100_000);
    await network.advance(16);
    await closed(client);
    expect(server.stats().dropped.timeout).toBe(1);
  });

  it('no more connections than it has room for', async () => {
    const server = await serve(greylist, { maxConnections: 1 });
    const first = new Client();
    await first.ask();
    expect(await sendAndEnd(request())).toBe('');
    expect(server.stats()).toMatchObject({ connections: 1, refused: 1 });
  });

  it('what was asked is answered when it closes, and who is idle is not waited for', async () => {
    let decide = (_verdict: Verdict): void => {};
    const server = await serve({ check: () => new Promise((resolve) => (decide = resolve)) });
    const [asking, idle] = [new Client(), new Client()];
    asking.socket.write(request());
    await expect.poll(() => server.stats()).toMatchObject({ requests: 1, connections: 2 });
    const ended = server.close();
    decide(PASSED);
    await Promise.all([ended, closed(asking), closed(idle)]);
    expect(asking.actions).toEqual(['action=DUNNO']);
  });
});

describe('where a policy server listens', () => {
  it('a socket is open to whom its directory lets in, unless the mode says otherwise', async () => {
    const server = await serve();
    expect(server.address).toEqual({ path });
    expect((await stat(path)).mode & 0o777).toBe(0o666);
    await server.close();
    await serve(greylist, { mode: 0o600 });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('a socket is not taken from another', async () => {
    await serve();
    await expect(servePolicy(greylist, { path })).rejects.toMatchObject({ code: 'ERR_SPAMD_LISTEN' });
    expect(await new Client().ask()).toMatch(/^action=DEFER_IF_PERMIT/);
  });

  it('a port is on loopback unless a host is given, and is not shared', async () => {
    const server = await serve(greylist, { path: undefined, port: 0 });
    expect(server.address).toEqual({ host: '127.0.0.1', port: expect.any(Number) });
    const { port } = server.address as { port: number };
    await expect(servePolicy(greylist, { port })).rejects.toMatchObject({
      code: 'ERR_SPAMD_LISTEN',
      message: `cannot listen on 127.0.0.1:${port}: the port is in use`,
    });
  });

  it.each<[string, unknown]>([
    ['neither', {}],
    ['both', { path: '/tmp/x', port: 1 }],
    ['a mode of a port', { port: 1, mode: 0o600 }],
    ['a port that is none', { port: 65_536 }],
    ['an attribute that is none', { path: '/tmp/x', authenticatedBy: ['helo_name'] }],
    ['an option that is none', { path: '/tmp/x', header: true }],
    ['too many connections', { path: '/tmp/x', maxConnections: 0 }],
  ])('%s is refused', async (_what, options) => {
    await expect(servePolicy(greylist, options as ServePolicyOptions)).rejects.toMatchObject({
      code: 'ERR_SPAMD_OPTION',
    });
  });
});
