import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Entry, type SyncKey, SyncPeer } from 'spamd-sync';
import { onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An example as an operator starts it, in a process of its own. */
export function spawnExample(file: string, args: readonly string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', `examples/${file}`, ...args], { cwd: ROOT });
  onTestFinished(() => void child.kill('SIGKILL'));
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text;
    });
  }
  const ended: Promise<Outcome> = once(child, 'close').then(([status]) => ({ status, ...printed }));
  return { child, printed, ended };
}

/** A peer in the group, and what it received. */
export async function openPeer(key: SyncKey, listen: string, port: number, targets: readonly string[] = []) {
  const peer = await SyncPeer.open({ key, listen, port, targets });
  const received: Entry[] = [];
  peer.on('entry', (entry) => {
    // A WHITE whose expiry is 0 is a freshness marker.
    if (entry.type !== 'white' || entry.expires > 0) received.push(entry);
  });
  return { peer, received, [Symbol.asyncDispose]: () => peer.close() };
}
