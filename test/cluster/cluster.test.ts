import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Attempt, Greylist, type SpamdbRecord } from 'spamd-sync';
import { ClusterGreylist, type Served, serveGreylist } from 'spamd-sync/cluster';
import { afterEach, describe, expect, it } from 'vitest';
import type { Order, Outcome } from './worker.ts';

const START = 1_800_000_000;
const attempt = { ip: '192.0.2.1', helo: 'mx', from: '<a@example.org>', to: '<b@example.net>' };

cluster.setupPrimary({ exec: fileURLToPath(new URL('./worker.ts', import.meta.url)), execArgv: ['--import', 'tsx'] });

const workers: Worker[] = [];

async function startWorker(timeout = 20): Promise<Worker> {
  const worker = cluster.fork({ SPAMD_SYNC_TEST_TIMEOUT: `${timeout}` });
  workers.push(worker);
  await new Promise<void>((resolve) => worker.on('message', (outcome) => 'ready' in outcome && resolve()));
  return worker;
}

function tell(worker: Worker, order: Order): Promise<Outcome> {
  return new Promise((resolve) => {
    const heard = (message: object): void => {
      if ('spamdSync' in message || !('warnings' in message || 'message' in message)) return;
      worker.off('message', heard);
      resolve(message as Outcome);
    };
    worker.on('message', heard);
    worker.send(order);
  });
}

async function listed(greylist: Greylist): Promise<SpamdbRecord[]> {
  const records: SpamdbRecord[] = [];
  for await (const record of greylist.export()) records.push(record);
  return records;
}

afterEach(async () => {
  for (const worker of workers.splice(0)) {
    if (worker.isDead()) continue;
    const ended = once(worker, 'exit');
    worker.process.kill('SIGKILL');
    await ended;
  }
});

describe('a greylist that the primary serves', { timeout: 60_000 }, () => {
  it('is one for all workers', async () => {
    let now = START;
    await using greylist = new Greylist({ clock: { now: () => now }, policy: { passtime: 100 } });
    using _serving = serveGreylist(greylist);
    const [one, two] = await Promise.all([startWorker(), startWorker()]);

    expect(await tell(one, { order: 'check', attempt })).toMatchObject({ value: { reason: 'first-sight' } });
    now += 50;
    const soon = await tell(two, { order: 'check', attempt });
    expect(soon).toMatchObject({ value: { action: 'defer', reason: 'too-soon', retryAfter: 51 }, warnings: [] });
    now += 100;
    expect(await tell(one, { order: 'check', attempt })).toMatchObject({ value: { reason: 'retry' } });
    expect(await tell(two, { order: 'check', attempt })).toMatchObject({ value: { reason: 'white' } });

    expect(await tell(one, { order: 'forget', ip: '192.0.2.1' })).toMatchObject({ warnings: [] });
    expect(await tell(two, { order: 'trap', ip: '192.0.2.2' })).toMatchObject({ value: 'done' });
    expect(await tell(two, { order: 'allow', ip: '192.0.2.3', expires: now + 9 })).toMatchObject({ value: 'done' });
    const addresses = (await listed(greylist)).filter(({ type }) => type === 'WHITE' || type === 'TRAPPED');
    expect(addresses).toHaveLength(2);
    expect(addresses).toContainEqual({ type: 'TRAPPED', ip: '192.0.2.2', expires: now + 86_400 });
    expect(addresses).toContainEqual(expect.objectContaining({ type: 'WHITE', ip: '192.0.2.3', expires: now + 9 }));
  });

  it('says what is wrong with an attempt', async () => {
    await using greylist = new Greylist();
    using _serving = serveGreylist(greylist);
    const worker = await startWorker();
    const outcome = await tell(worker, { order: 'check', attempt: { ...attempt, ip: 'nonsense' } });
    expect(outcome).toMatchObject({ code: 'ERR_SPAMD_FIELD', message: expect.stringContaining('nonsense') });
    expect(await tell(worker, { order: 'trap', ip: 'nonsense' })).toMatchObject({ code: 'ERR_SPAMD_FIELD' });
  });

  it('passes the trouble of its store on', async () => {
    const error = new Error('the disk is full');
    const reply = '451 later';
    const broken: Served = {
      check: async () => ({ action: 'defer', reason: 'error', error, reply }),
      trap: () => Promise.reject(error),
      allow: () => Promise.reject(error),
      forget: () => Promise.reject(error),
    };
    using _serving = serveGreylist(broken);
    const worker = await startWorker();
    const value = { action: 'defer', reason: 'error', error: 'the disk is full', reply };
    expect(await tell(worker, { order: 'check', attempt })).toEqual({ value, warnings: [] });
    expect(await tell(worker, { order: 'allow', ip: '192.0.2.1' })).toEqual({ message: 'the disk is full' });
  });

  it('is passed by while nobody answers', async () => {
    const worker = await startWorker(0.1);
    expect(await tell(worker, { order: 'check', attempt })).toMatchObject({
      value: { action: 'pass', reason: 'error', error: 'no answer from the primary in 0.1 s' },
      warnings: ['WARN_SPAMD_STORE'],
    });
    expect(await tell(worker, { order: 'trap', ip: '192.0.2.1' })).toMatchObject({
      message: 'no answer from the primary in 0.1 s',
    });
  });

  it('takes no more questions at once than 16384: the next are passed by', async () => {
    await using greylist = new Greylist();
    using _serving = serveGreylist(greylist);
    const worker = await startWorker();
    const message = 'the primary does not keep up: 16384 questions wait for an answer';
    expect(await tell(worker, { order: 'crowd', attempt, checks: 16_384 })).toMatchObject({ value: [] });
    expect(await tell(worker, { order: 'crowd', attempt, checks: 16_386 })).toMatchObject({
      value: [message, message],
    });
    expect(await tell(worker, { order: 'check', attempt })).toMatchObject({ value: { reason: 'too-soon' } });
  });

  it('passes over what other parts of the program say', async () => {
    await using greylist = new Greylist();
    using _serving = serveGreylist(greylist);
    const worker = await startWorker();
    const strange = [
      { spamdSync: 'ask', id: 1, method: 'close', args: [] },
      { spamdSync: 'ask', id: 'x', method: 'trap', args: ['192.0.2.9'] },
      { method: 'trap', id: 1, args: ['192.0.2.9'] },
      { spamdSync: 'other', id: 1, method: 'trap', args: ['192.0.2.9'] },
      { spamdSync: 'answer', id: 99, value: 1 },
    ];
    for (const message of strange) {
      worker.send(message);
      expect(await tell(worker, { order: 'say', message })).toMatchObject({ value: 'said' });
    }
    expect(await tell(worker, { order: 'check', attempt })).toMatchObject({ value: { reason: 'first-sight' } });
    expect((await listed(greylist)).map(({ type }) => type)).toEqual(['GREY']);
  });

  it('takes no harm when a worker dies with a question', async () => {
    await using greylist = new Greylist();
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
    const [dying, other] = await Promise.all([startWorker(), startWorker()]);
    const ended = once(dying, 'exit');
    dying.send({ order: 'vanish', attempt } satisfies Order);
    await Promise.all([ended, reached]);
    answer();
    expect(await tell(other, { order: 'check', attempt })).toMatchObject({ value: { reason: 'too-soon' } });
  });
});

describe('a process that is none', () => {
  it('cannot ask', () => {
    const { send } = process;
    try {
      Reflect.deleteProperty(process, 'send');
      expect(() => new ClusterGreylist()).toThrow(/no worker of a cluster/);
    } finally {
      if (send !== undefined) process.send = send;
    }
  });

  it('is told what is wrong with its options', () => {
    expect(() => new ClusterGreylist({ timeout: 0 })).toThrow(/timeout/);
    expect(() => new ClusterGreylist({ onError: 'fail' as 'pass' })).toThrow(/onError/);
  });

  it.each<[unknown, string]>([
    [{ timeoutMs: 5 }, 'timeoutMs: no such option; there are: onError, timeout, clock'],
    [5, 'options: not an object with onError, timeout, clock: 5'],
  ])('is told that there is no option in %j', (options, message) => {
    const failure = expect.objectContaining({ code: 'ERR_SPAMD_OPTION', message });
    expect(() => new ClusterGreylist(options as object)).toThrow(failure);
  });

  it.each([[undefined], [null], ['192.0.2.1']])('is told that %j is no attempt', async (wrong) => {
    using greylist = new ClusterGreylist();
    await expect(greylist.check(wrong as unknown as Attempt)).rejects.toMatchObject({
      code: 'ERR_SPAMD_FIELD',
      field: 'attempt',
      value: wrong,
    });
  });

  it.each([[undefined], [{}], [{ check: () => {} }]])('is told that it cannot serve %o', (wrong) => {
    expect(() => serveGreylist(wrong as unknown as Served)).toThrow(
      expect.objectContaining({ code: 'ERR_SPAMD_OPTION', message: expect.stringMatching(/^greylist: has no method/) }),
    );
  });
});
