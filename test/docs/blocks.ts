/** The blocks of the pages, as tests. */
import { type ChildProcess, fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installPackage } from '../support/install.ts';
import { type Block, pattern, readPages } from './pages.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Files that the pages presume on a reader's disk, and do not show. */
const FILES = {
  'spamd.key': 'the bytes of a key file\n',
  'old.key': 'the bytes of the old key file\n',
  'new.key': 'the bytes of the new key file\n',
  keys: 'old.key\nnew.key\n',
};

interface Outcome {
  readonly place: string;
  readonly output: string;
  readonly error?: string;
}

async function project(): Promise<string> {
  const made = mkdtempSync(join(tmpdir(), 'spamd-sync-docs-'));
  await installPackage(made);
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

/** A server on loopback that stands for the one that the pages name. */
export interface Server extends AsyncDisposable {
  readonly port: number;
}

/** Whether a block asks a Redis. */
export function needsRedis({ code }: Block): boolean {
  return code.includes("'spamd-sync/redis'");
}

/**
 * A test for each block of the pages that is wanted: it runs as it stands, and prints what the page says.
 *
 * @param startRedis Starts the Redis that they ask, if they ask one.
 */
export function describeBlocks(isWanted: (block: Block) => boolean, startRedis?: () => Promise<Server>): void {
  const pages = readPages()
    .map(({ name, blocks }) => ({ name, blocks: blocks.filter(isWanted) }))
    .filter(({ blocks }) => blocks.length > 0);
  const outcomes = new Map<string, Outcome>();
  let directory: string;
  let runner: ChildProcess;
  let redis: Server | undefined;

  beforeAll(async () => {
    directory = await project();
    redis = await startRedis?.();
    const ports = await freePorts(pages.reduce((sum, { blocks }) => sum + blocks.length, 0));
    runner = fork(join(directory, 'runner.mjs'), [], { cwd: directory, execArgv: [] });
    runner.on('message', (outcome: Outcome) => {
      outcomes.set(outcome.place, outcome);
      runner.emit('outcome', outcome);
    });
    const numbered = (block: Block) => ({
      ...block,
      name: block.savedAs ?? `block-${ports.length}.mjs`,
      port: ports.pop(),
      redisPort: redis?.port,
    });
    runner.send({ pages: pages.map(({ blocks }) => blocks.map(numbered)) });
  });
  afterAll(async () => {
    runner.kill();
    await redis?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  const outcomeOf = async (place: string): Promise<Outcome> => {
    for (;;) {
      const outcome = outcomes.get(place);
      if (outcome !== undefined) return outcome;
      await once(runner, 'outcome');
    }
  };

  describe.each(pages)('$name', ({ blocks }) => {
    test.each(blocks)('the block at $place runs as it stands and prints what the page shows', async (block) => {
      const { output, error } = await outcomeOf(block.place);
      expect(error).toBeUndefined();
      if (!pattern(block.output).test(output)) expect(output).toBe(block.output);
    });
  });
}
