import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { RemoteGreylist } from 'spamd-sync/socket';
import { freeUdpPort } from '../support/free-port.ts';
import { Child } from './child.ts';
import type { Part, Row } from './part.ts';
import type { SocketClientCalls } from './socket-client.ts';
import { count } from './table.ts';

const PROCESSES = 8;
/** Requests a second of all processes together. */
const RATE = 10_000;
/** What the 99th percentile of an answer may take, milliseconds. */
const BOUND_MS = 10;

export const socket: Part = {
  name: 'socket',
  title: `The daemon asked on its control socket by ${PROCESSES} processes, ${count(RATE)} new tuples a second, in memory`,
  async run(quick) {
    const folder = await mkdtemp(join(tmpdir(), 'spamd-sync-bench-'));
    const path = join(folder, 'control');
    const daemon = await started(folder, path);
    const clients = Array.from({ length: PROCESSES }, () => new Child<SocketClientCalls>('socket-client'));
    try {
      const milliseconds = quick ? 2000 : 10_000;
      // The first run compiles, in all of them.
      await asked(clients, path, milliseconds / 2, 0);
      const before = await cpuSeconds(daemon);
      const { took, failed } = await asked(clients, path, milliseconds, 2 ** 23);
      const seconds = (await cpuSeconds(daemon)) - before;
      took.sort((one, other) => one - other);
      const at = (part: number): number => took[Math.floor(took.length * part)] ?? Number.NaN;
      return [
        {
          what: 'answered a second; failed',
          ours: `${count((took.length / milliseconds) * 1000)}; ${failed}`,
          sound: failed === 0,
        },
        { what: 'half of the answers within', ours: `${at(0.5).toFixed(2)} ms` },
        { what: 'p99', ours: `${at(0.99).toFixed(2)} ms`, against: `${BOUND_MS} ms`, sound: at(0.99) < BOUND_MS },
        { what: 'CPU of the daemon, an answer', ours: `${((seconds / took.length) * 1e6).toFixed(1)} us` },
      ] satisfies Row[];
    } finally {
      for (const client of clients) await client[Symbol.asyncDispose]();
      daemon.kill();
      await once(daemon, 'exit');
      await rm(folder, { recursive: true });
    }
  },
};

async function asked(clients: readonly Child<SocketClientCalls>[], path: string, milliseconds: number, first: number) {
  const rate = RATE / PROCESSES;
  const answers = await Promise.all(
    clients.map((client, index) => client.ask('ask', { path, rate, milliseconds, from: first + index * 2 ** 20 })),
  );
  return { took: answers.flatMap(({ took }) => took), failed: answers.reduce((sum, { failed }) => sum + failed, 0) };
}

/** The daemon as it is installed, without a group. */
async function started(folder: string, control: string): Promise<ChildProcess> {
  const key = join(folder, 'key');
  await writeFile(key, 'a key of the benchmark\n', { mode: 0o600 });
  const main = new URL('../dist/cli/main.js', import.meta.url).pathname;
  const options = [
    '-y',
    '127.0.0.1',
    '-K',
    key,
    '-p',
    `${await freeUdpPort()}`,
    '--store',
    'memory',
    '--control',
    control,
  ];
  const daemon = spawn(process.execPath, [main, 'serve', ...options], { stdio: ['ignore', 'ignore', 'inherit'] });
  await using greylist = new RemoteGreylist(control);
  for (let tries = 0; tries < 100; tries++) {
    if (
      await greylist.stats().then(
        () => true,
        () => false,
      )
    )
      return daemon;
    await setTimeout(100);
  }
  throw new Error('the daemon does not answer');
}

/** What a process took so far, by /proc: its user and system time are the 14th and 15th field, in hundredths of a second. */
async function cpuSeconds({ pid }: ChildProcess): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
