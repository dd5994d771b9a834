import { once } from 'node:events';
import { link, mkdtemp, readdir, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Attempt, Greylist, type GreylistWarning, MemoryStore, type SpamdbRecord } from 'spamd-sync';
import { RemoteGreylist, serveGreylist } from 'spamd-sync/socket';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FrameReader } from '../../src/frames.ts';
import { type Response, readResponse, recordText, requestFrame } from '../../src/socket/messages.ts';
import { failureOf as failure } from '../support/failure.ts';

const attempt = { ip: '192.0.2.7', helo: 'mx.example.org', from: '<a@example.org>', to: '<b@example.net>' };
let folder = '';
let path = '';
let greylist: Greylist;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spamd-sync-socket-'));
  path = join(folder, 'control');
  greylist = new Greylist({ store: new MemoryStore() });
});
afterEach(async () => {
  await greylist.close();
  await rm(folder, { recursive: true });
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('a greylist served on a Unix socket', () => {
  it('answers every question as the greylist itself does', async () => {
    await using _served = await serveGreylist(greylist, path);
    await using remote = new RemoteGreylist(path);
    expect(await remote.check(attempt)).toEqual({
      action: 'defer',
      reason: 'first-sight',
      retryAfter: 1501,
      reply: '451 4.7.1 Greylisted, please try again in 1501 seconds',
    });
    const expires = Math.floor(Date.now() / 1000) + 1000;
    await remote.trap('192.0.2.8', { expires });
    expect(await remote.check({ ...attempt, ip: '192.0.2.8' })).toMatchObject({
      action: 'reject',
      reason: 'trapped',
      expires,
      trappedBy: 'operator',
    });
    await remote.allow('192.0.2.9', { expires: new Date(expires * 1000 + 999) });
    expect(await remote.check({ ...attempt, ip: '192.0.2.9' })).toMatchObject({ action: 'pass', reason: 'white' });
    const message = { ip: '192.0.2.8', helo: 'mx', from: '<a@example.org>' };
    expect((await remote.checkAll(message, ['<b@example.net>', '<c@example.net>'])).action).toBe('reject');
    await remote.forget('192.0.2.8');
    expect((await remote.check({ ...attempt, ip: '192.0.2.8' })).reason).toBe('first-sight');
    await remote.trap('192.0.2.10');
    expect(await remote.delivered('192.0.2.10')).toBe(false);
    expect(await remote.delivered('192.0.2.10', { endsTrap: true })).toBe(true);
    expect(await remote.delivered('192.0.2.11')).toBe(true);
    expect((await remote.check({ ...attempt, ip: '192.0.2.11' })).reason).toBe('white');
    expect(await remote.release('192.0.2.11')).toBe('white');
    expect(await remote.release(attempt)).toBe('released');
    expect((await remote.check(attempt)).reason).toBe('white');
    await remote.trap('192.0.2.12', { by: 'alice' });
    expect(await remote.release('192.0.2.12')).toBe('trapped');
    const { time: _, ...known } = await greylist.why('192.0.2.12');
    expect(await remote.why('192.0.2.12')).toMatchObject(JSON.parse(JSON.stringify(known)));
    expect((await remote.why('192.0.2.12')).evidence).toMatchObject([{ kind: 'operator', by: 'alice' }]);
    expect(await remote.release('192.0.2.12', { endsTrap: true })).toBe('released');
    const unknown = { ...attempt, ip: '192.0.2.13' };
    expect(await remote.check(unknown, { trapsOnly: true })).toEqual({ action: 'pass', reason: 'not-trapped' });
    expect(await remote.checkAll(unknown, ['<b@example.net>'], { trapsOnly: true })).toMatchObject({ action: 'pass' });
    expect((await remote.why(unknown.ip)).state).toBe('none');
    await expect(remote.why('unknown')).rejects.toMatchObject({ code: 'ERR_SPAMD_FIELD' });
    await expect(remote.release('unknown')).rejects.toMatchObject({ code: 'ERR_SPAMD_FIELD' });
    expect(await remote.sweep()).toEqual({ removed: 0, repaired: 0 });
    expect(await remote.stats()).toEqual(JSON.parse(JSON.stringify(await greylist.stats())));
  });

  it('shows the counters of an exchange and of adapters beside those of the greylist', async () => {
    const adapters = { policy: { stats: () => ({ requests: 7 }) }, milter: undefined };
    const exchange = { stats: () => ({ rounds: 3 }) };
    await using _served = await serveGreylist(greylist, path, { adapters, exchange });
    await using remote = new RemoteGreylist(path);
    expect(await remote.stats()).toMatchObject({ exchange: { rounds: 3 }, adapters: { policy: { requests: 7 } } });
    const nothing = serveGreylist(greylist, `${path}2`, { adapters: { policy: {} } } as never);
    await expect(nothing).rejects.toMatchObject({ code: 'ERR_SPAMD_OPTION' });
  });

  it('keeps spamtraps, in which a letter outside ASCII comes through', async () => {
    await using _served = await serveGreylist(greylist, path);
    await using remote = new RemoteGreylist(path);
    await remote.spamtraps.add('<Trap@Example.net>');
    await remote.spamtraps.add('müller@example.net');
    expect((await all(remote.spamtraps.list())).sort()).toEqual(['müller@example.net', 'trap@example.net']);
    expect(await remote.spamtraps.has('TRAP@example.net')).toBe(true);
    expect(await remote.spamtraps.delete('trap@example.net')).toBe(true);
    expect(await remote.spamtraps.delete('trap@example.net')).toBe(false);
    expect(await remote.check({ ...attempt, to: '<müller@example.net>' })).toMatchObject({ reason: 'spamtrap' });
  });

  it('exports, imports and snapshots as a stream, to its end', async () => {
    await using _served = await serveGreylist(greylist, path);
    await using remote = new RemoteGreylist(path);
    const now = Math.floor(Date.now() / 1000);
    const records = Array.from(
      { length: 1001 },
      (_, at): SpamdbRecord => ({
        type: 'WHITE',
        ip: `198.51.${at >> 8}.${at & 255}`,
        first: now - 5000,
        pass: now - 100,
        expires: now + 5000,
        blocked: 1,
        passed: at,
      }),
    );
    expect(await remote.import(records)).toMatchObject({ white: 1001, ignored: 0 });
    expect(await all(remote.export())).toEqual(await all(greylist.export()));
    const restored = new Greylist();
    const bytes = Buffer.concat(await all(remote.snapshot()));
    await restored.restore(() => [bytes]);
    expect(await all(restored.export())).toEqual(await all(greylist.export()));
    await restored.close();
    for await (const record of remote.export()) {
      expect(record.type).toBe('WHITE');
      break;
    }
    expect((await remote.check(attempt)).reason).toBe('first-sight');
  });

  it('passes on what the greylist refuses, with its code', async () => {
    await using _served = await serveGreylist(greylist, path);
    await using remote = new RemoteGreylist(path);
    await expect(remote.check({ ...attempt, ip: 'unknown' })).rejects.toMatchObject({ code: 'ERR_SPAMD_FIELD' });
    await expect(remote.trap('192.0.2.8', { expires: 5 })).rejects.toMatchObject({
      code: 'ERR_SPAMD_FIELD',
      message: 'expires is in the past: 5',
    });
    await expect(remote.spamtraps.add('nobody')).rejects.toMatchObject({ code: 'ERR_SPAMD_FIELD' });
    await expect(remote.import([{ type: 'WHITE', ip: '192.0.2.1' } as SpamdbRecord])).rejects.toMatchObject({
      code: 'ERR_SPAMD_FIELD',
    });
    const wrong = { ip: 7 } as unknown as Attempt;
    await expect(remote.check(wrong)).rejects.toMatchObject({ code: 'ERR_SPAMD_FIELD' });
    await expect(remote.trap(undefined as unknown as string)).rejects.toMatchObject({ code: 'ERR_SPAMD_FIELD' });
  });

  it('answers a thousand questions at once, each its own', async () => {
    await using served = await serveGreylist(greylist, path);
    await using remote = new RemoteGreylist(path);
    for (let at = 0; at < 1000; at += 2) await greylist.trap(`198.51.${at >> 8}.${at & 255}`);
    const verdicts = await Promise.all(
      Array.from({ length: 1000 }, (_, at) => remote.check({ ...attempt, ip: `198.51.${at >> 8}.${at & 255}` })),
    );
    verdicts.forEach((verdict, at) => void expect(verdict.action).toBe(at % 2 === 0 ? 'reject' : 'defer'));
    expect(served.stats()).toEqual({ connections: 1, requests: 1000, malformed: 0, refused: 0 });
  });

  it('is open to owner and group, unless the mode says otherwise', async () => {
    const served = await serveGreylist(greylist, path);
    expect((await stat(path)).mode & 0o777).toBe(0o660);
    await served.close();
    await using _other = await serveGreylist(greylist, path, { mode: 0o600 });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
});

describe('the path of the socket', () => {
  it('is not taken from a process that answers on it', async () => {
    await using _served = await serveGreylist(greylist, path);
    await expect(serveGreylist(greylist, path)).rejects.toMatchObject({
      code: 'ERR_SPAMD_LISTEN',
      message: `cannot listen on ${JSON.stringify(path)}: another process answers on it`,
    });
    await using remote = new RemoteGreylist(path);
    expect((await remote.check(attempt)).reason).toBe('first-sight');
  });

  it('is taken when nobody answers on it any more', async () => {
    const dead = createServer();
    await once(dead.listen(path), 'listening');
    // The file stays behind, as after kill -9.
    await link(path, `${path}.kept`);
    await new Promise((closed) => dead.close(closed));
    await unlink(path).catch(() => {});
    await rename(`${path}.kept`, path);
    await using _served = await serveGreylist(greylist, path);
    await using remote = new RemoteGreylist(path);
    expect((await remote.check(attempt)).reason).toBe('first-sight');
  });

  it('says that there is no such directory', async () => {
    await expect(serveGreylist(greylist, join(folder, 'nowhere', 'control'))).rejects.toMatchObject({
      code: 'ERR_SPAMD_LISTEN',
      message: expect.stringMatching(/: there is no such directory$/),
    });
  });

  it('is left alone where it is no socket', async () => {
    await writeFile(path, 'precious');
    await expect(serveGreylist(greylist, path)).rejects.toMatchObject({ code: 'ERR_SPAMD_LISTEN' });
    expect((await stat(path)).size).toBe(8);
  });

  it.each([[''], ['x'.repeat(104)], [7 as unknown as string]])(
    'is refused where no system takes it: %j',
    async (bad) => {
      await expect(serveGreylist(greylist, bad)).rejects.toMatchObject({ code: 'ERR_SPAMD_OPTION' });
    },
  );

  it('is gone when the socket is closed', async () => {
    const served = await serveGreylist(greylist, path);
    await served.close();
    await served.close();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('trouble on a socket', () => {
  it('fails open, or closed as asked, and warns, when nobody serves', async () => {
    const warnings: GreylistWarning[] = [];
    await using remote = new RemoteGreylist(path);
    remote.on('warning', (warning) => warnings.push(warning));
    expect(await remote.check(attempt)).toMatchObject({ action: 'pass', reason: 'error' });
    expect(warnings.map(({ message }) => message)).toEqual([
      `the greylist could not decide: nobody serves a greylist on ${path}`,
    ]);
    await using deferring = new RemoteGreylist(path, { onError: 'defer' });
    expect(await deferring.check(attempt)).toMatchObject({ action: 'defer', reason: 'error' });
    await expect(deferring.trap('192.0.2.1')).rejects.toThrow('nobody serves a greylist');
    await expect(all(deferring.export())).rejects.toThrow('nobody serves a greylist');
  });

  it('connects again when somebody serves again', async () => {
    await using remote = new RemoteGreylist(path);
    const served = await serveGreylist(greylist, path);
    expect((await remote.check(attempt)).reason).toBe('first-sight');
    await served.close();
    expect((await remote.check(attempt)).reason).toBe('error');
    await using _again = await serveGreylist(greylist, path);
    await expect.poll(async () => (await remote.check(attempt)).reason).toBe('too-soon');
  });

  it('gives up on an answer that does not come', async () => {
    const silent = createServer(() => {});
    await once(silent.listen(path), 'listening');
    const remote = new RemoteGreylist(path, { timeout: 0.05 });
    const verdict = await remote.check(attempt);
    expect(verdict).toMatchObject({ action: 'pass', reason: 'error' });
    expect(verdict.error?.message).toBe(`${path}: no answer in 0.05 s`);
    await expect(all(remote.export())).rejects.toThrow('no answer in 0.05 s');
    await remote.close();
    silent.close();
  });

  it('answers what was asked before it closes', async () => {
    let decide = (): void => {};
    const slow = new Greylist({ store: slowStore((run) => (decide = run)) });
    const served = await serveGreylist(slow, path);
    await using remote = new RemoteGreylist(path);
    const asked = remote.check(attempt);
    await expect.poll(() => served.stats().requests).toBe(1);
    const closed = served.close();
    decide();
    expect((await asked).reason).toBe('first-sight');
    await closed;
    await slow.close();
  });

  it.each([
    ['a length that no message has', Buffer.from([0x7f, 0, 0, 0])],
    ['bytes that are no message', Buffer.from([0, 0, 0, 3, 0xff, 0xff, 0xff])],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ])('ends a connection that sends %s, and counts it', async (_what, bytes) => {
    await using served = await serveGreylist(greylist, path);
    const socket = createConnection(path);
    socket.on('error', () => {});
    socket.write(bytes);
    await once(socket.resume(), 'close');
    expect(served.stats()).toMatchObject({ malformed: 1 });
    await using remote = new RemoteGreylist(path);
    expect((await remote.check(attempt)).reason).toBe('first-sight');
  });

  it('says that a request is not known here, and goes on', async () => {
    await using _served = await serveGreylist(greylist, path);
    const socket = createConnection(path);
    // Field 900, a text: as of a version to come.
    socket.write(Buffer.from([0, 0, 0, 6, 0x08, 5, 0xa2, 0x38, 1, 0x61]));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString('latin1')).toContain('does not know this request');
    socket.destroy();
  });

  it('lets no more processes in than it has room for, and counts the others', async () => {
    await using served = await serveGreylist(greylist, path, { maxConnections: 2 });
    const sockets: Socket[] = [];
    for (let at = 0; at < 4; at++) {
      const socket = createConnection(path);
      socket.on('error', () => {});
      sockets.push(socket);
      await once(socket, 'connect');
    }
    await expect.poll(() => served.stats()).toMatchObject({ connections: 2, refused: 2 });
    for (const socket of sockets) socket.destroy();
  });

  it('does not hold the answers of a reader that never reads: it reads no more from it', async () => {
    await using served = await serveGreylist(greylist, path);
    const socket = createConnection(path);
    await once(socket, 'connect');
    socket.pause();
    // Statistics, each answered by a hundred times as many bytes.
    const questions = Buffer.concat(Array.from({ length: 200_000 }, () => Buffer.from([0, 0, 0, 4, 0x08, 1, 0x48, 1])));
    socket.write(questions);
    let before = -1;
    await expect
      .poll(() => {
        const stopped = served.stats().requests === before && before > 0;
        before = served.stats().requests;
        return stopped;
      })
      .toBe(true);
    expect(before).toBeLessThan(20_000);
    socket.destroy();
  });

  it('takes in an import of any length by a store that is slower than the socket', async () => {
    const store = new MemoryStore();
    const load = store.load.bind(store);
    Object.assign(store, {
      load: async (records: Parameters<typeof load>[0]) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        load(records);
      },
    });
    const slow = new Greylist({ store });
    await using _served = await serveGreylist(slow, path);
    await using remote = new RemoteGreylist(path);
    const records = Array.from({ length: 20_000 }, (_, at) => whiteOf(`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`));
    expect(await remote.import(records)).toMatchObject({ white: 20_000 });
    await slow.close();
  });

  it('gives an import as long as its records take to come: only a step is bounded in time', async () => {
    await using _served = await serveGreylist(greylist, path);
    await using remote = new RemoteGreylist(path, { timeout: 0.2 });
    async function* late() {
      yield whiteOf('192.0.2.1');
      await new Promise((resolve) => setTimeout(resolve, 400));
      yield whiteOf('192.0.2.2');
    }
    expect(await remote.import(late())).toMatchObject({ white: 2 });
  });

  it('takes in nothing of an import behind the record that it refuses', async () => {
    await using _served = await serveGreylist(greylist, path);
    await using remote = new RemoteGreylist(path);
    async function* records() {
      yield { ...whiteOf('192.0.2.1'), first: -1 };
      // Each of these is a request of its own by the time that the failure is known.
      for (let at = 0; at < 2000; at++) yield whiteOf(`10.0.${at >> 8}.${at & 255}`);
    }
    await expect(remote.import(records())).rejects.toMatchObject({ code: 'ERR_SPAMD_FIELD' });
    await remote.stats();
    expect((await greylist.stats()).store?.addresses).toBe(0);
  });

  it('leaves no connection open behind a stream that took too long, or when it is closed', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket.resume()));
    await once(silent.listen(path), 'listening');
    const remote = new RemoteGreylist(path, { timeout: 0.05 });
    await expect(all(remote.export())).rejects.toThrow('no answer in 0.05 s');
    await expect.poll(() => sockets.map(({ readableEnded, destroyed }) => readableEnded || destroyed)).toEqual([true]);
    const patient = new RemoteGreylist(path);
    const listed = all(patient.export());
    await expect.poll(() => sockets).toHaveLength(2);
    await patient.close();
    await expect(listed).rejects.toMatchObject({ code: 'ERR_SPAMD_CLOSED' });
    await remote.close();
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('connects once for all that is asked when the connection was lost', async () => {
    await using remote = new RemoteGreylist(path);
    const first = await serveGreylist(greylist, path);
    await remote.check(attempt);
    await first.close();
    await using again = await serveGreylist(greylist, path);
    await Promise.all(Array.from({ length: 50 }, () => remote.check(attempt)));
    expect(again.stats().connections).toBe(1);
  });

  it('decides about strings that no message has room for, and lets no other question fail by them', async () => {
    await using served = await serveGreylist(greylist, path);
    await using remote = new RemoteGreylist(path);
    const long = '\u6f22'.repeat(2 ** 20);
    const verdicts = await Promise.all([
      remote.check(attempt),
      remote.check({ ...attempt, helo: long, from: long, to: long }),
      remote.check({ ...attempt, to: '<c@example.net>' }),
    ]);
    expect(verdicts.map(({ reason }) => reason)).toEqual(['first-sight', 'first-sight', 'first-sight']);
    await expect(remote.spamtraps.add(`${'x'.repeat(2 ** 20)}@example.net`)).rejects.toThrow('over 1048576');
    expect(await remote.spamtraps.has('trap@example.net')).toBe(false);
    expect(served.stats()).toMatchObject({ connections: 1, malformed: 0 });
  });

  it('keeps apart two imports on one connection', async () => {
    await using _served = await serveGreylist(greylist, path);
    const socket = createConnection(path);
    const answers = new FrameReader(2 ** 20);
    const reports: Response[] = [];
    socket.on('data', (chunk) => void reports.push(...answers.push(chunk).map(readResponse)));
    const record = (ip: string) => ({ record: [recordText(whiteOf(ip))] });
    socket.write(requestFrame({ id: 1, import: record('192.0.2.1') }));
    socket.write(requestFrame({ id: 2, import: record('192.0.2.2') }));
    socket.write(requestFrame({ id: 2, import: { record: ['no JSON'] } }));
    socket.write(requestFrame({ id: 1, import: record('192.0.2.3'), end: true }));
    await expect.poll(() => reports).toHaveLength(2);
    const [one, two] = [...reports].sort((a, b) => a.id - b.id);
    expect(JSON.parse(one?.json ?? '')).toMatchObject({ white: 2 });
    expect(two?.failure?.message).toMatch(/JSON/);
    socket.write(requestFrame({ id: 3, hasSpamtrap: 'trap@example.net' }));
    await expect.poll(() => reports).toHaveLength(3);
    socket.destroy();
  });

  it('asks no more when it is closed', async () => {
    await using _served = await serveGreylist(greylist, path);
    const remote = new RemoteGreylist(path);
    await remote.close();
    expect(await failure(() => remote.trap('192.0.2.1'))).toMatchObject({ code: 'ERR_SPAMD_CLOSED' });
    expect((await remote.check(attempt)).reason).toBe('error');
  });
});

function whiteOf(ip: string): SpamdbRecord {
  const now = Math.floor(Date.now() / 1000);
  return { type: 'WHITE', ip, first: now - 5000, pass: now - 100, expires: now + 5000, blocked: 1, passed: 1 };
}

/** A store whose first step waits until it is let go. */
function slowStore(onWaiting: (run: () => void) => void): MemoryStore {
  const store = new MemoryStore();
  const update = store.update.bind(store);
  // biome-ignore lint/suspicious/noExplicitAny: the type of the step passes through.
  (store as any).update = (step: never, now: number) =>
    new Promise((resolve) => onWaiting(() => resolve(update(step, now))));
  return store;
}
