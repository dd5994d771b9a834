import { once } from 'node:events';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { Greylist, MemoryStore, SyncKey, SyncPeer } from 'spamd-sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHttp, plain } from '../../src/status/http-server.ts';
import { openStatus, type Status } from '../../src/status/index.ts';

class FailingStore extends MemoryStore {
  isFailing = false;

  override stats(): ReturnType<MemoryStore['stats']> {
    if (this.isFailing) throw new Error('the disk is gone');
    return super.stats();
  }
}

let peer: SyncPeer;
let greylist: Greylist;
let status: Status;
const store = new FailingStore();
const local = new Map([
  ['/local', ({ method }: IncomingMessage, response: ServerResponse): void => void response.end(method)],
]);
beforeAll(async () => {
  peer = await SyncPeer.open({ key: SyncKey.none(), listen: '127.0.0.1', port: 0 });
  greylist = new Greylist({ group: peer, store });
  status = await openStatus({ peer, greylist, host: '127.0.0.1', port: 0, names: ['status.example.org'], local });
});
afterAll(async () => {
  await status.close();
  await greylist.close();
  await peer.close();
});

interface Got {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

async function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Got> {
  const asked = request(new URL(path, status.url), { method, headers, agent: false }).end();
  const [response] = await once(asked, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, headers: response.headers, text };
}

describe('the server of the page', () => {
  it('serves the metrics of peer and greylist', async () => {
    const { status: code, headers, text } = await get('/metrics');
    expect(code).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toMatch(/^spamd_sync_received_datagrams_total 0$/m);
    expect(text).toMatch(/^spamd_sync_verdicts_total\{reason="retry"\} 0$/m);
  });

  it('says at /healthz that all is well, or with 503 why it is not', async () => {
    expect(await get('/healthz')).toMatchObject({ status: 200, text: 'ok\n' });
    store.isFailing = true;
    expect(await get('/healthz')).toMatchObject({ status: 503, text: 'the store does not answer\n' });
    store.isFailing = false;
  });

  it.each(['127.0.0.1:8026', '[::1]', 'localhost:1', 'LOCALHOST', 'status.example.org'])(
    'answers as %s',
    async (host) => {
      expect((await get('/healthz', { host })).status).toBe(200);
    },
  );

  it.each(['evil.example.org', 'localhost.example.org', '127.0.0.1.example.org', '[x]', 'a b'])(
    'does not answer as %j, which a page elsewhere may have resolve to here',
    async (host) => {
      expect((await get('/metrics', { host })).status).toBe(421);
    },
  );

  it('answers GET and HEAD alone, of the paths that are there', async () => {
    expect(await get('/healthz', {}, 'HEAD')).toMatchObject({ status: 200, text: '' });
    expect(await get('/healthz', {}, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    expect((await get('/../etc/passwd')).status).toBe(404);
    expect((await get(`/healthz?${'x'.repeat(3000)}`)).status).toBe(414);
  });

  it('hands on what programs of this host ask on the paths for them, of any method', async () => {
    expect(await get('/local?x', {}, 'POST')).toMatchObject({ status: 200, text: 'POST' });
    expect(await get('/local', { host: 'localhost' })).toMatchObject({ status: 200, text: 'GET' });
  });

  it.each<Record<string, string>>([
    { host: 'status.example.org' },
    { 'x-forwarded-for': '192.0.2.1' },
    { forwarded: 'for=192.0.2.1' },
  ])('does not hand on what a proxy asks for another, with %j', async (headers) => {
    expect((await get('/local', headers, 'POST')).status).toBe(403);
  });

  it('refuses headers without end', async () => {
    expect((await get('/healthz', { cookie: 'x'.repeat(10_000) })).status).toBe(431);
  });

  it('hangs up on whoever comes when 64 are connected, and answers again when they are gone', async () => {
    const { port } = new URL(status.url);
    const sockets = await Promise.all(
      Array.from({ length: 64 }, async () => {
        const socket = connect(Number(port), '127.0.0.1');
        await once(socket, 'connect');
        return socket;
      }),
    );
    await expect(get('/healthz')).rejects.toThrow(/ECONNRESET|socket hang up/);
    await Promise.all(sockets.map((socket) => once(socket.end(), 'close')));
    expect((await get('/healthz')).status).toBe(200);
  });

  it('answers 32 at once at most, also where one connection asks them all', async () => {
    let go: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    let asked = 0;
    const slow = async () => {
      asked++;
      await gate;
      return plain(200, 'ok');
    };
    const server = await openHttp({ host: '127.0.0.1', port: 0, names: [], routes: new Map([['/', slow]]) });
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(40));
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += chunk;
    });
    await expect.poll(() => asked).toBe(32);
    go();
    await expect.poll(() => text.match(/HTTP\/1.1 \d+/g)?.length).toBe(40);
    expect(text.match(/HTTP\/1.1 503/g)).toHaveLength(8);
    socket.destroy();
    await server.close();
  });

  it('opens no event stream that would not end with its connection', async () => {
    const { port } = new URL(status.url);
    // More than may look at once, all but the first behind another's answer.
    for (let connections = 0; connections < 5; connections++) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.write('GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(5));
      await once(socket, 'data');
      await once(socket.destroy(), 'close');
    }
    const asked = [1, 2].map(() => request(new URL('/api/events', status.url), { agent: false }).end());
    const codes = asked.map(async (one) => (await once(one, 'response'))[0].statusCode);
    expect(await Promise.all(codes)).toEqual([200, 200]);
    for (const one of asked) one.destroy();
  });

  it('says in an error which port it cannot have', async () => {
    const port = Number(new URL(status.url).port);
    await expect(openStatus({ peer, greylist, host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'ERR_SPAMD_LISTEN',
      message: `cannot serve HTTP on 127.0.0.1 port ${port}: the port is in use`,
    });
  });

  it('forbids the page to load from elsewhere', async () => {
    const { headers } = await get('/healthz');
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
  });
});
