import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether there is a redis-server on this machine. */
export function hasRedis(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A redis-server of a test's own: on loopback, on a port of its own, with nothing kept on disk. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #dir: string;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(port: number, dir: string, args: readonly string[]) {
    this.port = port;
    this.#dir = dir;
    this.#args = args;
  }

  static async start(...args: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), await mkdtemp(join(tmpdir(), 'spamd-sync-redis-')), args);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Again, on the same port; what it held and did not save is gone. */
  async start(...more: string[]): Promise<void> {
    const options = ['--bind', '127.0.0.1', '--port', `${this.port}`, '--dir', this.#dir, '--save', ''];
    const all = [...options, '--appendonly', 'no', ...this.#args, ...more];
    this.#child = spawn('redis-server', all, { stdio: 'ignore' });
    for (let tries = 0; !/^(PONG|LOADING)/.test(this.cli('PING')); tries++) {
      if (tries === 200) throw new Error(`no redis-server on port ${this.port}`);
      await sleep(25);
    }
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** What redis-cli prints for a command; empty when it fails. */
  cli(...command: string[]): string {
    try {
      const args = ['-p', `${this.port}`, ...command];
      return execFileSync('redis-cli', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    } catch {
      return '';
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

/** Three servers that make a cluster, each with a third of the slots. */
export async function startCluster(): Promise<RedisServer[]> {
  const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'];
  const servers = await Promise.all([1, 2, 3].map(() => RedisServer.start(...args)));
  const hosts = servers.map(({ port }) => `127.0.0.1:${port}`);
  execFileSync('redis-cli', ['--cluster', 'create', ...hosts, '--cluster-yes'], { stdio: 'ignore' });
  for (let tries = 0; !servers.every((server) => /cluster_state:ok/.test(server.cli('CLUSTER', 'INFO'))); tries++) {
    if (tries === 200) throw new Error('the cluster does not come up');
    await sleep(50);
  }
  return servers;
}

/** A port whose cluster bus, ten thousand above, is one too. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer().listen(port, '127.0.0.1');
    const free = await Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ]);
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
