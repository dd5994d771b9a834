import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryStore } from 'spamd-sync';
import { LevelStore } from 'spamd-sync/level';
import { Broadcaster, RedisStore } from 'spamd-sync/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failureOf } from '../support/failure.ts';

const client = { sendCommand: () => Promise.reject(new Error('never asked')) };
const open = () => Promise.reject(new Error('never opened'));
let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spamd-sync-options-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

const STORES: readonly [string, (options: never) => unknown, string][] = [
  ['MemoryStore', (options) => new MemoryStore(options), 'maxTuples, maxTupleBytes, maxAddresses, maxAddressBytes'],
  [
    'LevelStore',
    (options) => LevelStore.open(join(directory, 'db'), options),
    'durability, maxLossMs, cacheSize, maxTupleBytes, maxAddresses, clock',
  ],
  ['RedisStore', (options) => new RedisStore(client, options), 'prefix, timeout, time, maxTuples, clock'],
  [
    'Broadcaster',
    (options) => Broadcaster.open(client, options),
    'open, prefix, scope, leaseMs, timeout, clock, maxQueued, maxQueuedBytes',
  ],
];

describe.each(STORES)('the options of a %s', (name, make, known) => {
  it.each([[null], [5], ['text'], [[]], [true]])(`a ${name} refuses options that are %j`, async (options) => {
    expect(await failureOf(() => make(options as never))).toMatchObject({
      code: 'ERR_SPAMD_OPTION',
      message: expect.stringMatching(`^options: not an object with ${known}: `),
    });
  });

  it(`a ${name} accepts options that are undefined`, async () => {
    const none = Object.fromEntries(known.split(', ').map((each) => [each, undefined]));
    const made = await make({ ...none, ...(known.startsWith('open') ? { open } : {}) } as never);
    await (made as { close(): unknown }).close();
    expect(made).toHaveProperty('close');
  });

  it.each(['maxTuple', 'timeoutMs', 'Prefix', 'toString'])(`a ${name} refuses an option %s`, async (unknown) => {
    expect(await failureOf(() => make({ [unknown]: 5 } as never))).toMatchObject({
      code: 'ERR_SPAMD_OPTION',
      message: `${unknown}: no such option; there are: ${known}`,
    });
  });
});

it.each([0, 2 ** 24 + 1, 1.5, '5', null])('a MemoryStore refuses a bound of %j', async (bound) => {
  for (const name of ['maxTuples', 'maxAddresses']) {
    expect(await failureOf(() => new MemoryStore({ [name]: bound }))).toMatchObject({
      code: 'ERR_SPAMD_OPTION',
      message: expect.stringMatching(`^${name}: not a whole number 1..16777216: `),
    });
  }
});

it('a LevelStore cannot be made with new', async () => {
  const Made = LevelStore as unknown as new (directory: string) => LevelStore;
  expect(await failureOf(() => new Made(directory))).toMatchObject({
    code: 'ERR_SPAMD_OPTION',
    message: expect.stringContaining('LevelStore.open(directory)'),
  });
});

it.each<[string, unknown[], string]>([
  ['an entry', [{ type: 'white' }], 'entries: not a list of entries: [object Object]'],
  ['a text', ['text'], 'entries: not a list of entries: "text"'],
  ['nothing', [], 'entries: not a list of entries: undefined'],
  ['wrong options', [[], { backDated: true }], 'backDated: no such option; there are: backdated'],
])('a Broadcaster refuses to announce %s', async (_what, args, message) => {
  await using broadcaster = await Broadcaster.open(client, { open, leaseMs: 100 });
  broadcaster.on('warning', () => {});
  const announce = broadcaster.announce as (...args: unknown[]) => Promise<void>;
  expect(await failureOf(() => announce.apply(broadcaster, args))).toMatchObject({ code: 'ERR_SPAMD_OPTION', message });
});
