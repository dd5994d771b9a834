import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type Attempt, Greylist, MemoryStore, type Verdict } from 'spamd-sync';
import { HttpCheck } from 'spamd-sync/adapters/http';
import { MemoryNetwork } from 'spamd-sync/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const NOW = 1_800_000_000;
const PASSTIME = 300;
const ATTEMPT = { ip: '192.0.2.7', helo: 'mail.example.org', from: 'alice@example.org', to: 'bob@example.net' };
const TO_NGINX = '/check?server=127.0.0.1:10025';

let network: MemoryNetwork;
let greylist: Greylist;
let check: HttpCheck;
let server: Server;

async function serve(served: Pick<Greylist, 'checkAll'>): Promise<void> {
  server?.close();
  check = new HttpCheck(served, { clock: network.clock });
  server = createServer((asked, response) => void check.handle(asked, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

beforeEach(async () => {
  network = new MemoryNetwork({ start: NOW });
  const store = new MemoryStore({ maxTuples: 100, maxAddresses: 100 });
  greylist = new Greylist({ store, clock: network.clock, policy: { passtime: PASSTIME } });
  await serve(greylist);
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await greylist.close();
});

interface Answered {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

async function ask({ path = '/check', method = 'POST', headers = {}, body }: Asked): Promise<Answered> {
  const { port } = server.address() as AddressInfo;
  const asked = request({ port, path, method, headers, agent: false });
  // The server may answer before it has read all.
  asked.on('error', () => {});
  asked.end(body);
  const [response] = await once(asked, 'response');
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { status: response.statusCode, headers: response.headers, text };
}

/** What is answered to a JSON value. */
async function post(value: unknown): Promise<unknown> {
  const { text } = await ask({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) });
  return JSON.parse(text);
}

/** What nginx is answered. */
function getAs(headers: Readonly<Record<string, string>>, path = TO_NGINX): Promise<Answered> {
  const asked = {
    'auth-method': 'none',
    'auth-protocol': 'smtp',
    'client-ip': '192.0.2.7',
    'auth-smtp-helo': 'mail.example.org',
    'auth-smtp-from': 'MAIL FROM:<alice@example.org> SIZE=7',
    'auth-smtp-to': 'RCPT TO:<bob@example.net>',
  };
  return ask({ path, method: 'GET', headers: { ...asked, ...headers } });
}

/** A greylist that passes all, and what it was asked. */
function recorder(): { asked: [Omit<Attempt, 'to'>, string[]][]; checkAll: Greylist['checkAll'] } {
  const asked: [Omit<Attempt, 'to'>, string[]][] = [];
  return {
    asked,
    checkAll: async (attempt, recipients) => {
      asked.push([attempt, [...recipients]]);
      return { action: 'pass', reason: 'exempt' } satisfies Verdict;
    },
  };
}

describe('a question in JSON', () => {
  it('is answered with a deferral, and after passtime with a pass and a header field', async () => {
    const reply = '451 4.7.1 Greylisted, please try again in 301 seconds';
    expect(await post(ATTEMPT)).toEqual({ action: 'defer', reason: 'first-sight', retryAfter: 301, reply });
    await network.advance(PASSTIME + 1);
    const header = 'delayed 301 seconds by spamd-sync; Fri, 15 Jan 2027 08:05:01 +0000';
    expect(await post(ATTEMPT)).toMatchObject({ action: 'pass', reason: 'retry', waited: 301, header });
  });

  it('about several recipients is answered once: one that is a spamtrap rejects for all', async () => {
    await greylist.spamtraps.add('trap@example.net');
    const to = ['bob@example.net', 'Trap@example.net', 'carol@example.net'];
    expect(await post({ ...ATTEMPT, to })).toMatchObject({ action: 'reject', reason: 'spamtrap' });
    expect((await greylist.stats()).verdicts).toMatchObject({ 'first-sight': 1, spamtrap: 1 });
  });

  it('passes for a client without an address', async () => {
    expect(await post({ ...ATTEMPT, ip: 'unknown' })).toEqual({ action: 'pass', reason: 'no-address' });
    expect(await post({ to: 'bob@example.net' })).toEqual({ action: 'pass', reason: 'no-address' });
    expect(check.stats().skipped).toEqual({ address: 2, login: 0 });
  });

  it('may hold bytes that are not UTF-8, and long strings, which are cut and counted', async () => {
    const asked = recorder();
    await serve(asked);
    const body = Buffer.from(JSON.stringify({ ...ATTEMPT, helo: 'm\xfcller', from: 'x'.repeat(5000) }), 'latin1');
    expect((await ask({ headers: { 'content-type': 'application/json; charset=x' }, body })).status).toBe(200);
    expect(asked.asked).toEqual([
      [expect.objectContaining({ helo: 'm\xfcller', from: `<${'x'.repeat(2048)}>` }), ['<bob@example.net>']],
    ]);
    expect(check.stats()).toMatchObject({ requests: 1, cut: 1 });
  });

  it('passes in words, and without a stack, where the greylist rejects', async () => {
    await serve({ checkAll: () => Promise.reject(new Error('the disk is gone')) });
    expect(await post(ATTEMPT)).toEqual({ action: 'pass', reason: 'error', error: 'the disk is gone' });
  });
});

describe('what is refused', () => {
  const json = { 'content-type': 'application/json' };

  it.each<[string, number, string, Asked]>([
    ['another method', 405, 'method', { method: 'PUT', body: '{}' }],
    [
      'a type that a page in a browser may send',
      415,
      'type',
      { headers: { 'content-type': 'text/plain' }, body: '{}' },
    ],
    ['what is not JSON', 400, 'malformed', { headers: json, body: '{' }],
    ['a list', 400, 'malformed', { headers: json, body: '[]' }],
    ['no recipient', 400, 'field', { headers: json, body: '{"ip":"192.0.2.7"}' }],
    ['an empty list of recipients', 400, 'field', { headers: json, body: '{"to":[]}' }],
    ['a recipient that is no text', 400, 'field', { headers: json, body: '{"to":["x",{}]}' }],
    ['1001 recipients', 400, 'field', { headers: json, body: JSON.stringify({ to: Array(1001).fill('x') }) }],
    ['an address that is no text', 400, 'field', { headers: json, body: '{"ip":7,"to":"x"}' }],
    ['a body of more than 256 KiB', 413, 'oversize', { headers: json, body: Buffer.alloc(262_145, ' ') }],
    ['a GET that is not of nginx', 400, 'field', { method: 'GET', path: TO_NGINX }],
  ])('%s is answered with %i and says so', async (_what, status, code, asked) => {
    const { headers, text, ...answered } = await ask(asked);
    expect(answered.status).toBe(status);
    expect(JSON.parse(text)).toEqual({ error: { code, message: expect.stringMatching(/^[^\n]+$/) } });
    expect(check.stats().refused).toMatchObject({ [code]: 1 });
    if (status === 405) expect(headers).toMatchObject({ allow: 'GET, POST' });
  });

  it('a client that goes away within its request is counted', async () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{');
    await expect.poll(() => check.stats().requests, { interval: 1 }).toBe(1);
    socket.destroy();
    await expect.poll(() => check.stats().aborted, { interval: 1 }).toBe(1);
  });

  it('a greylist that is none, and an option that there is not', () => {
    const refused = expect.objectContaining({ code: 'ERR_SPAMD_OPTION' });
    expect(() => new HttpCheck({} as Greylist)).toThrow(refused);
    expect(() => new HttpCheck(greylist, { port: 1 } as object)).toThrow(refused);
  });
});

describe('what nginx asks', () => {
  it('is answered with the code and the words of a deferral, and after passtime with the server behind it', async () => {
    expect((await getAs({})).headers).toMatchObject({
      'auth-status': 'Greylisted, please try again in 301 seconds',
      'auth-error-code': '451 4.7.1',
      'auth-wait': '1',
    });
    await network.advance(PASSTIME + 1);
    const { status, headers } = await getAs({});
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'auth-status': 'OK', 'auth-server': '127.0.0.1', 'auth-port': '10025' });
  });

  it.each([
    ['RCPT TO:<bob@example.net>', '<bob@example.net>'],
    ['rcpt to: <"a>b"@x> NOTIFY=NEVER', '<"a>b"@x>'],
    ['RCPT TO:bob@example.net', '<bob@example.net>'],
    ['RCPT TO:<m\xfcller@x>', '<m\xfcller@x>'],
    ['RCPT TO:<', '<'],
  ])('%j is about %j', async (command, address) => {
    const asked = recorder();
    await serve(asked);
    await getAs({ 'auth-smtp-to': command, 'auth-smtp-from': command.replace('RCPT TO', 'MAIL FROM') });
    expect(asked.asked).toEqual([[expect.objectContaining({ ip: '192.0.2.7', from: address }), [address]]]);
  });

  it('is refused where it is about a login: whoever logs in passes nginx as a user', async () => {
    const { headers } = await getAs({ 'auth-method': 'plain' });
    expect(headers).toMatchObject({ 'auth-status': expect.not.stringMatching(/^OK/), 'auth-error-code': '535 5.7.8' });
    expect(check.stats().skipped).toEqual({ address: 0, login: 1 });
  });

  it('takes an IPv6 address as the server behind it', async () => {
    const { headers } = await getAs({ 'client-ip': 'unix:' }, '/check?server=[::1]:25');
    expect(headers).toMatchObject({ 'auth-server': '::1', 'auth-port': '25' });
  });

  it.each([
    '/check',
    '/check?server=localhost:25',
    '/check?server=127.0.0.1',
    '/check?server=[127.0.0.1]:25',
    '/check?server=127.0.0.1:0',
  ])('is refused with 400 at %s, which names no server', async (path) => {
    expect((await getAs({}, path)).status).toBe(400);
  });
});
