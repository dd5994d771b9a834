import { RemoteGreylist } from 'spamd-sync/socket';
import { expect } from 'vitest';
import type { LabHost } from '../e2e/lab.ts';
import { Program } from '../e2e/program.ts';

const SERVE = [process.execPath, '--import', 'tsx', 'src/cli/main.ts', 'serve', '--store', 'memory'];

/** A `spamd-sync serve` on a host of a lab. */
export class Served implements AsyncDisposable {
  readonly #program: Program;
  readonly host: LabHost;
  readonly greylist: RemoteGreylist;

  constructor(host: LabHost, control: string, options: readonly string[]) {
    this.#program = new Program([...SERVE, '--control', control, ...options], host.inside);
    this.host = host;
    this.greylist = new RemoteGreylist(control);
  }

  async ready(): Promise<void> {
    await expect.poll(() => this.#program.stdout + this.#program.stderr).toContain('control socket');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.greylist.close();
    await this.#program[Symbol.asyncDispose]();
  }
}
