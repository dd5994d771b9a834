import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type Captured, datagrams } from '../e2e/capture.ts';
import { INTERFACE, Lab, type LabHost } from '../e2e/lab.ts';
import type { RemotePeer } from '../e2e/remote.ts';
import { type Daemon, temporaryDirectory } from './daemon.ts';
import { startGreyd } from './greyd.ts';
import { greydPrograms, spamdPrograms } from './named.ts';
import { GROUP, onHost } from './places.ts';
import { Served } from './served.ts';
import { startSpamd } from './spamd.ts';

/** The real daemons that are named, daemons of ours and a member that listens, on hosts of their own, in one group. */
export class MixedGroup implements AsyncDisposable {
  readonly #lab = new Lab(inject('labPrefix'), 6);
  readonly #opened: AsyncDisposable[] = [this.#lab];
  readonly #directory: string;
  readonly daemons: Daemon[] = [];
  /** The UDP datagrams that came by each of them. */
  readonly seen: (readonly Captured[])[] = [];

  private constructor(directory: string) {
    this.#directory = directory;
    this.#opened.push({ [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) });
  }

  static async start(): Promise<MixedGroup> {
    const group = new MixedGroup(await temporaryDirectory());
    try {
      await group.#startDaemons();
      await writeFile(group.#keyFile, group.#common.key, { mode: 0o600 });
      return group;
    } catch (error) {
      await group[Symbol.asyncDispose]();
      throw error;
    }
  }

  get syncPort(): number {
    return this.#common.syncPort;
  }

  /** Hosts for daemons of ours. */
  get hosts(): readonly [LabHost, LabHost, LabHost] {
    return [this.#lab.host(2), this.#lab.host(3), this.#lab.host(4)];
  }

  /** @param options Of `spamd-sync serve`, beside those for the group. */
  async serve(host: LabHost, options: readonly string[]): Promise<Served> {
    const group = ['-y', INTERFACE, '-Y', INTERFACE, '-p', `${this.syncPort}`, '--group', GROUP];
    const control = join(this.#directory, `${host.name}.control`);
    const served = new Served(host, control, [...group, '-K', this.#keyFile, ...options]);
    this.#opened.push(served);
    await served.ready();
    return served;
  }

  /** A member of the group that announces nothing. */
  listen(): Promise<RemotePeer> {
    const { key, syncPort: port } = this.#common;
    return this.#lab.host(5).open({ key, listen: INTERFACE, port, group: GROUP });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opened of this.#opened.toReversed()) await opened[Symbol.asyncDispose]();
  }

  async #startDaemons(): Promise<void> {
    const [spamd, greyd] = [spamdPrograms, greydPrograms];
    if (spamd) await this.#add(0, (host) => startSpamd(spamd, onHost(host)));
    const common = this.daemons[0] && this.#common;
    if (greyd) await this.#add(1, (host) => startGreyd(greyd, onHost(host), common));
  }

  async #add(at: number, start: (host: LabHost) => Promise<Daemon>): Promise<void> {
    const host = this.#lab.host(at);
    const seen = await datagrams(host);
    this.#opened.push(seen);
    this.seen.push(seen.list);
    const daemon = await start(host);
    this.#opened.push(daemon);
    this.daemons.push(daemon);
  }

  get #keyFile(): string {
    return join(this.#directory, 'key');
  }

  get #common(): { readonly syncPort: number; readonly key: string } {
    const [{ syncPort, key } = { syncPort: 0, key: null }] = this.daemons;
    if (key === null) throw new Error('the spamd has no key, without which there is no exchange: see SPAMD_KEY');
    return { syncPort, key };
  }
}
