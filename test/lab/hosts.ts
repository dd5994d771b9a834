import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INTERFACE, Lab, type LabHost, removeLeftovers } from '../e2e/lab.ts';
import { Program } from '../e2e/program.ts';
import { installPackage } from '../support/install.ts';

/** What the group signs with. */
export const KEY = 'a key of the lab\n';
/** For passtime, seconds: long enough that who comes back at once is too soon on a slow machine. */
export const PASSTIME = 10;
/** The addresses of the clients. */
export const [CLIENT, SPAMMER, RETURNING, STRANGER] = ['10.99.0.101', '10.99.0.102', '10.99.0.103', '10.99.0.104'];

/** The network of the lab, and what is on the disk for its hosts. */
export class Hosts implements AsyncDisposable {
  readonly #lab: Lab;
  readonly #opened: AsyncDisposable[] = [];
  /** Of its own, with this package installed. */
  readonly directory: string;
  /** The key file. */
  readonly key: string;
  /** The command of the package. */
  readonly command: readonly string[];

  private constructor(lab: Lab, directory: string, command: string) {
    this.#lab = lab;
    this.directory = directory;
    this.command = [process.execPath, command];
    this.key = join(directory, 'spamd.key');
    writeFileSync(this.key, KEY, { mode: 0o600 });
    for (const ip of [CLIENT, SPAMMER, RETURNING, STRANGER])
      this.clients.ip('addr', 'add', `${ip}/24`, 'dev', INTERFACE);
  }

  static async open(): Promise<Hosts> {
    const directory = mkdtempSync(join(tmpdir(), 'spamd-sync-lab-'));
    const prefix = `lb${process.pid.toString(36)}-`;
    try {
      chmodSync(directory, 0o755);
      const command = await installPackage(directory);
      return new Hosts(new Lab(prefix, 8), directory, command);
    } catch (error) {
      removeLeftovers(prefix);
      rmSync(directory, { recursive: true });
      throw error;
    }
  }

  /** The host of a mail server, 0 to 5. */
  server(index: number): LabHost {
    return this.#lab.host(index);
  }

  get listener(): LabHost {
    return this.#lab.host(6);
  }

  get clients(): LabHost {
    return this.#lab.host(7);
  }

  /** Has something end with the lab. */
  keep<T extends AsyncDisposable>(opened: T): T {
    this.#opened.push(opened);
    return opened;
  }

  /** Starts a program that ends with the lab. */
  start(host: LabHost, command: readonly string[], env: NodeJS.ProcessEnv = process.env): Program {
    return this.keep(new Program(command, host.inside, env));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#opened.splice(0).toReversed()) await one[Symbol.asyncDispose]();
    await this.#lab[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
