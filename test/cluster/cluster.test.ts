import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Attempt, Greylist, type GreylistOptions, MemoryStore, type SpamdbRecord } from 'spamd-sync';
import { ClusterGreylist, type Served, serveGreylist } from 'spamd-sync/cluster';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Order, Outcome } from './worker.ts';

const START = 1_800_000_000;
const attempt = { ip: '192.0.2.1', helo: 'mx', from: '<a@example.org>', to: '<b@example.net>' };

cluster.setupPrimary({ exec: fileURLToPath(new URL('./worker.ts', import.meta.url)), execArgv: ['--import', 'tsx'] });

/** Started once: a test orders them about, and has one of its own where it ends it, or needs other options. */
let one: Worker;
let two: Worker;
const workers: Worker[] = [];

async function startWorker(timeout = 20): Promise<Worker> {
  const worker = cluster.fork({ SPAMD_SYNC_TEST_TIMEOUT: `${timeout}` });
  workers.push(worker);
  await new Promise<void>((resolve) => worker.on('message', (outcome) => 'ready' in outcome && resolve()));
  return worker;
}

/** A greylist that holds no more than these tests need. */
function smallGreylist(options: GreylistOptions = {}): Greylist {
  return new Greylist({ store: new MemoryStore({ maxTuples: 100, maxAddresses: 100 }), ...options });
}

function order(worker: Worker, what: Order): Promise<Outcome> {
  return new Promise((resolve) => {
    const received = (message: object): void => {
      if ('spamdSync' in message || !('warnings' in message || 'message' in message)) return;
      worker.off('message', received);
      resolve(message as Outcome);
    };
    worker.on('message', received);
    worker.send(what);
  });
}

async function listed(greylist: Greylist): Promise<SpamdbRecord[]> {
  const records: SpamdbRecord[] = [];
  for await (const record of greylist.export()) records.push(record);
  return records;
}

beforeAll(async () => {
  [one, two] = await Promise.all([startWorker(), startWorker()]);
});

afterAll(async () => {
  for (const worker of workers) {
    if (worker.isDead()) continue;
    const ended = once(worker, 'exit');
    worker.process.kill('SIGKILL');
    await ended;
  }
});

describe('serveGreylist and ClusterGreylist', { timeout: 60_000 }, () => {
  it('a greylist that the primary serves is one for all workers', async () => {
    let now = START;
    await using greylist = smallGreylist({ clock: { now: () => now }, policy: { passtime: 100 } });
    using _serving = serveGreylist(greylist);

    expect(await order(one, { order: 'check', attempt })).toMatchObject({ value: { reason: 'first-sight' } });
    now += 50;
    const soon = await order(two, { order: 'check', attempt });
    expect(soon).toMatchObject({ value: { action: 'defer', reason: 'too-soon', retryAfter: 51 }, warnings: [] });
    now += 100;
    expect(await order(one, { order: 'check', attempt })).toMatchObject({ value: { reason: 'retry' } });
    expect(await order(two, { order: 'check', attempt })).toMatchObject({ value: { reason: 'white' } });

    expect(await order(one, { order: 'forget', ip: '192.0.2.1' })).toMatchObject({ warnings: [] });
    expect(await order(two, { order: 'trap', ip: '192.0.2.2' })).toMatchObject({ value: 'done' });
    expect(await order(two, { order: 'allow', ip: '192.0.2.3', expires: now + 9 })).toMatchObject({ value: 'done' });
    const addresses = (await listed(greylist)).filter(({ type }) => type === 'WHITE' || type === 'TRAPPED');
    expect(addresses).toHaveLength(2);
    expect(addresses).toContainEqual({ type: 'TRAPPED', ip: '192.0.2.2', expires: now + 86_400 });
    expect(addresses).toContainEqual(expect.objectContaining({ type: 'WHITE', ip: '192.0.2.3', expires: now + 9 }));
  });

  it('an invalid attempt rejects in the worker with ERR_SPAMD_FIELD', async () => {
    await using greylist = smallGreylist();
    using _serving = serveGreylist(greylist);
    const outcome = await order(one, { order: 'check', attempt: { ...attempt, ip: 'nonsense' } });
    expect(outcome).toMatchObject({ code: 'ERR_SPAMD_FIELD', message: expect.stringContaining('nonsense') });
    expect(await order(one, { order: 'trap', ip: 'nonsense' })).toMatchObject({ code: 'ERR_SPAMD_FIELD' });
  });

  it('an error of the store reaches the worker', async () => {
    const error = new Error('the disk is full');
    const reply = '451 later';
    const broken: Served = {
      check: async () => ({ action: 'defer', reason: 'error', error, reply }),
      trap: () => Promise.reject(error),
      allow: () => Promise.reject(error),
      forget: () => Promise.reject(error),
    };
    using _serving = serveGreylist(broken);
    const value = { action: 'defer', reason: 'error', error: 'the disk is full', reply };
    expect(await order(one, { order: 'check', attempt })).toEqual({ value, warnings: [] });
    expect(await order(one, { order: 'allow', ip: '192.0.2.1' })).toEqual({ message: 'the disk is full' });
  });

  it('a worker passes mail, and warns, while the primary does not answer', async () => {
    const worker = await startWorker(0.1);
    expect(await order(worker, { order: 'check', attempt })).toMatchObject({
      value: { action: 'pass', reason: 'error', error: 'no answer from the primary in 0.1 s' },
      warnings: ['WARN_SPAMD_STORE'],
    });
    expect(await order(worker, { order: 'trap', ip: '192.0.2.1' })).toMatchObject({
      message: 'no answer from the primary in 0.1 s',
    });
  });

  it('a worker passes mail beyond 16384 questions that wait for an answer', async () => {
    await using greylist = smallGreylist();
    using _serving = serveGreylist(greylist);
    const message = 'the primary does not keep up: 16384 questions wait for an answer';
    expect(await order(one, { order: 'crowd', attempt, checks: 16_384 })).toMatchObject({ value: [] });
    expect(await order(one, { order: 'crowd', attempt, checks: 16_386 })).toMatchObject({
      value: [message, message],
    });
    expect(await order(one, { order: 'check', attempt })).toMatchObject({ value: { reason: 'too-soon' } });
  });

  it('messages of other parts of the program are ignored', async () => {
    await using greylist = smallGreylist();
    using _serving = serveGreylist(greylist);
    const strange = [
      { spamdSync: 'ask', id: 1, method: 'close', args: [] },
      { spamdSync: 'ask', id: 'x', method: 'trap', args: ['192.0.2.9'] },
      { method: 'trap', id: 1, args: ['192.0.2.9'] },
      { spamdSync: 'other', id: 1, method: 'trap', args: ['192.0.2.9'] },
      { spamdSync: 'answer', id: 99, value: 1 },
    ];
    for (const message of strange) {
      one.send(message);
      expect(await order(one, { order: 'send', message })).toMatchObject({ value: 'sent' });
    }
    expect(await order(one, { order: 'check', attempt })).toMatchObject({ value: { reason: 'first-sight' } });
    expect((await listed(greylist)).map(({ type }) => type)).toEqual(['GREY']);
  });

  it('a worker that dies with a question leaves the greylist to the others', async () => {
    await using greylist = smallGreylist();
    let asked = () => {};
    let answer = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const reached = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const slow: Served = {
      check: async (given) => {
        asked();
        await held;
        return greylist.check(given);
      },
      trap: (ip, options) => greylist.trap(ip, options),
      allow: (ip, options) => greylist.allow(ip, options),
      forget: (ip) => greylist.forget(ip),
    };
    using _serving = serveGreylist(slow);
    const dying = await startWorker();
    const ended = once(dying, 'exit');
    dying.send({ order: 'vanish', attempt } satisfies Order);
    await Promise.all([ended, reached]);
    answer();
    expect(await order(one, { order: 'check', attempt })).toMatchObject({ value: { reason: 'too-soon' } });
  });
});

describe('wrong uses of a cluster greylist', () => {
  it('a process that is no worker cannot make a ClusterGreylist', () => {
    const { send } = process;
    try {
      Reflect.deleteProperty(process, 'send');
      expect(() => new ClusterGreylist()).toThrow(/no worker of a cluster/);
    } finally {
      if (send !== undefined) process.send = send;
    }
  });

  it('a ClusterGreylist refuses invalid options', () => {
    expect(() => new ClusterGreylist({ timeout: 0 })).toThrow(/timeout/);
    expect(() => new ClusterGreylist({ onError: 'fail' as 'pass' })).toThrow(/onError/);
  });

  it.each<[unknown, string]>([
    [{ timeoutMs: 5 }, 'timeoutMs: no such option; there are: onError, timeout, clock'],
    [5, 'options: not an object with onError, timeout, clock: 5'],
  ])('a ClusterGreylist refuses the options %j', (options, message) => {
    const failure = expect.objectContaining({ code: 'ERR_SPAMD_OPTION', message });
    expect(() => new ClusterGreylist(options as object)).toThrow(failure);
  });

  it.each([[undefined], [null], ['192.0.2.1']])('check of a ClusterGreylist refuses the attempt %j', async (wrong) => {
    using greylist = new ClusterGreylist();
    await expect(greylist.check(wrong as unknown as Attempt)).rejects.toMatchObject({
      code: 'ERR_SPAMD_FIELD',
      field: 'attempt',
      value: wrong,
    });
  });

  it.each([[undefined], [{}], [{ check: () => {} }]])('serveGreylist refuses %o', (wrong) => {
    expect(() => serveGreylist(wrong as unknown as Served)).toThrow(
      expect.objectContaining({ code: 'ERR_SPAMD_OPTION', message: expect.stringMatching(/^greylist: has no method/) }),
    );
  });
});
