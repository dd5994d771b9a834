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

/** A recipe as an operator runs it, and what it has said so far. */
export function start(recipe: string, args: readonly string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', `examples/recipes/${recipe}.ts`, ...args], { cwd: ROOT });
  // One that a failed test left alone.
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
    });
  }
  const ended: Promise<Outcome> = once(child, 'close').then(([status]) => ({ status, ...said }));
  return { child, said, ended };
}

/** Runs one to its end, with lines to read. */
export function run(recipe: string, args: readonly string[], input: readonly string[] = []): Promise<Outcome> {
  const { child, ended } = start(recipe, args);
  // One that fails at once does not read it.
  child.stdin.on('error', () => {});
  child.stdin.end(input.map((line) => `${line}\n`).join(''));
  return ended;
}

/** A member of the group, and what it was told. */
export async function member(key: SyncKey, listen: string, port: number, targets: readonly string[] = []) {
  const peer = await SyncPeer.open({ key, listen, port, targets });
  const heard: Entry[] = [];
  peer.on('entry', (entry) => {
    // A WHITE whose expiry is 0 only marks a datagram of old entries.
    if (entry.type !== 'white' || entry.expires > 0) heard.push(entry);
  });
  return { peer, heard, [Symbol.asyncDispose]: () => peer.close() };
}
