import { type ChildProcess, fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasRedis, RedisServer } from '../e2e/redis-server.ts';
import { type Block, pattern, readPages } from './pages.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Files that the pages presume on a reader's disk, and do not show. */
const FILES = {
  'spamd.key': 'the bytes of a key file\n',
  'old.key': 'the bytes of the old key file\n',
  'new.key': 'the bytes of the new key file\n',
  keys: 'old.key\nnew.key\n',
};

const pages = readPages().filter(({ blocks }) => blocks.length > 0);
const redisIsHere = hasRedis();

function canRun({ code }: Block): boolean {
  return redisIsHere || !code.includes("'spamd-sync/redis'");
}

interface Outcome {
  readonly place: string;
  readonly output: string;
  readonly error?: string;
}

let directory: string;
let runner: ChildProcess;
let redis: RedisServer | undefined;
const outcomes = new Map<string, Outcome>();

/** A directory in which a program of one's own has this package, as it is now, and what the blocks import besides. */
async function project(): Promise<string> {
  const made = mkdtempSync(join(tmpdir(), 'spamd-sync-docs-'));
  const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
  mkdirSync(join(made, 'node_modules/spamd-sync'), { recursive: true });
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
    mkdirSync(join(made, 'node_modules', name, '..'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(made, 'node_modules', name));
  }
  copyFileSync(`${ROOT}package.json`, join(made, 'node_modules/spamd-sync/package.json'));
  const outDir = join(made, 'node_modules/spamd-sync/dist');
  await build({ config: `${ROOT}tsup.config.ts`, outDir, dts: false, clean: false, sourcemap: false, silent: true });
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(made, name), text, { mode: 0o600 });
  for (const name of ['runner.mjs', 'surroundings.mjs']) copyFileSync(join(ROOT, 'test/docs', name), join(made, name));
  return made;
}

/** Ports that are free at every address, so that no block meets another, nor a daemon of this host. */
async function freePorts(count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4').bind(0));
  await Promise.all(sockets.map((socket) => once(socket, 'listening')));
  const ports = sockets.map((socket) => socket.address().port);
  await Promise.all(sockets.map((socket) => once(socket.close(), 'close')));
  return ports;
}

beforeAll(async () => {
  directory = await project();
  redis = redisIsHere ? await RedisServer.start() : undefined;
  const ports = await freePorts(pages.reduce((sum, { blocks }) => sum + blocks.length, 0));
  runner = fork(join(directory, 'runner.mjs'), [], { cwd: directory, execArgv: [] });
  runner.on('message', (outcome: Outcome) => {
    outcomes.set(outcome.place, outcome);
    runner.emit('outcome', outcome);
  });
  const numbered = (block: Block) => ({
    ...block,
    name: `block-${ports.length}`,
    port: ports.pop(),
    redisPort: redis?.port,
  });
  runner.send({ pages: pages.map(({ blocks }) => blocks.filter(canRun).map(numbered)) });
});
afterAll(async () => {
  runner.kill();
  await redis?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

async function outcomeOf(place: string): Promise<Outcome> {
  for (;;) {
    const outcome = outcomes.get(place);
    if (outcome !== undefined) return outcome;
    await once(runner, 'outcome');
  }
}

describe.each(pages)('$name', ({ blocks }) => {
  const runs = blocks.filter(canRun);
  const waits = blocks.filter((block) => !canRun(block));
  test.skip.each(waits)('the block at $place needs a redis-server', () => {});
  test.each(runs)('the block at $place runs as it stands and prints what the page shows', async (block) => {
    const { output, error } = await outcomeOf(block.place);
    expect(error).toBeUndefined();
    if (!pattern(block.output).test(output)) expect(output).toBe(block.output);
  });
});
