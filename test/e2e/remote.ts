import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Drop, Entry, PeerHealth, PeerStats, PeerWarning, SendReport, Source } from 'spamd-sync';
import type { Command, HostOptions, Line } from './lines.ts';

export type { HostOptions } from './lines.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = fileURLToPath(new URL('host.ts', import.meta.url));

/** How long an answer may take before the process is given up. */
const ANSWER_MS = 15_000;

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

interface Asked {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A SyncPeer in a process of its own, which may live in another network namespace. */
export class RemotePeer {
  readonly entries: Entry[] = [];
  readonly sources: Source[] = [];
  readonly drops: Drop[] = [];
  readonly warnings: PeerWarning[] = [];
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #ended: Promise<unknown>;
  readonly #asked = new Map<number, Asked>();
  #ids = 0;

  private constructor(inside: readonly string[]) {
    const [program = '', ...args] = [...inside, process.execPath, '--import', 'tsx', PROGRAM];
    this.#child = spawn(program, args, { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#ended = once(this.#child, 'exit').then(() => {
      for (const { reject } of this.#asked.values()) reject(new Error('the process of the peer has ended'));
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(JSON.parse(line) as Line));
  }

  /** @param inside The command that runs another one where the peer is to live. */
  static async open(inside: readonly string[], options: HostOptions): Promise<RemotePeer> {
    const peer = new RemotePeer(inside);
    try {
      await peer.#ask({ do: 'open', options });
      return peer;
    } catch (error) {
      await peer.#end();
      throw error;
    }
  }

  announce(...entries: Entry[]): Promise<SendReport> {
    return this.#ask({ do: 'announce', entries }) as Promise<SendReport>;
  }

  address(): Promise<Source> {
    return this.#ask({ do: 'address' }) as Promise<Source>;
  }

  stats(): Promise<PeerStats> {
    return this.#ask({ do: 'stats' }) as Promise<PeerStats>;
  }

  health(): Promise<PeerHealth> {
    return this.#ask({ do: 'health' }) as Promise<PeerHealth>;
  }

  /** Closes the peer, if one is open, and opens another in the same process. What was seen so far is forgotten. */
  async reopen(options: HostOptions): Promise<void> {
    await this.closePeer();
    for (const seen of [this.entries, this.sources, this.drops, this.warnings]) seen.length = 0;
    await this.#ask({ do: 'open', options });
  }

  /** Closes the peer but leaves its process, so that what is left behind can be looked at. */
  async closePeer(): Promise<void> {
    await this.#ask({ do: 'close' });
  }

  /** Stops the process where it is, so that its datagrams wait in the kernel. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  async close(): Promise<void> {
    this.thaw();
    await this.#end();
  }

  async #end(): Promise<void> {
    this.#child.stdin.end();
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), ANSWER_MS);
    await this.#ended;
    clearTimeout(impatience);
  }

  #ask(command: WithoutId<Command>): Promise<unknown> {
    const id = this.#ids++;
    return new Promise((resolve, reject) => {
      const impatience = setTimeout(() => reject(new Error(`no answer to ${command.do}`)), ANSWER_MS);
      const settle = () => {
        clearTimeout(impatience);
        this.#asked.delete(id);
      };
      this.#asked.set(id, {
        resolve: (value) => {
          settle();
          resolve(value);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      this.#child.stdin.write(`${JSON.stringify({ id, ...command })}\n`);
    });
  }

  #hear(line: Line): void {
    if ('value' in line) this.#asked.get(line.id)?.resolve(line.value);
    else if ('failure' in line) this.#asked.get(line.id)?.reject(Object.assign(new Error(), line.failure));
    else if (line.event === 'entry') {
      this.entries.push(line.entry);
      this.sources.push(line.source);
    } else if (line.event === 'drop') this.drops.push(line.drop);
    else this.warnings.push(line.warning);
  }
}
