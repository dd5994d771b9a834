import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { RemoteGreylist } from 'spamd-sync/socket';
import { freeUdpPort } from '../support/free-port.ts';
import { copyDependencies, installPackage } from '../support/install.ts';
import { Program } from './program.ts';
import { converse } from './swaks.ts';

/** A host on loopback with this package installed, the daemon, and whatever mail server a test adds. */
export class MailHost implements AsyncDisposable {
  readonly directory: string;
  /** The command of the package, as a command line. */
  readonly command: readonly string[];
  readonly control: string;
  readonly #programs: Program[] = [];
  #daemon: Program | undefined;
  #port = 0;

  private constructor(directory: string, command: string) {
    this.directory = directory;
    this.command = [process.execPath, command];
    this.control = join(directory, 'run/control');
  }

  static async open(): Promise<MailHost> {
    const directory = mkdtempSync(join(tmpdir(), 'spamd-sync-mail-'));
    // Mail servers run as users of their own.
    chmodSync(directory, 0o755);
    const host = new MailHost(directory, await installPackage(directory));
    copyDependencies(directory);
    mkdirSync(join(directory, 'run'));
    host.#port = await freeUdpPort();
    return host;
  }

  /** Starts a program that ends with the host. */
  start(command: readonly string[], env: NodeJS.ProcessEnv = process.env): Program {
    const program = new Program(command, [], env);
    this.#programs.push(program);
    return program;
  }

  /** Starts the daemon, in which a retry passes after a second, and waits until it serves. */
  async startDaemon(): Promise<void> {
    const options = ['-y', '127.0.0.1', '--empty-key', '-p', `${this.#port}`, '--passtime', '0'];
    const where = ['--store', `level:${this.directory}/state`, '--control', this.control];
    const daemon = this.start([...this.command, 'serve', ...options, ...where]);
    await daemon.printed(/control socket/);
    // Whoever runs the mail server may ask.
    chmodSync(this.control, 0o666);
    this.#daemon = daemon;
  }

  /** Sends the daemon a signal, and waits for its end where that is what it does. */
  async signalDaemon(signal: NodeJS.Signals): Promise<void> {
    this.#daemon?.signal(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await this.#daemon?.ended;
  }

  /** Asks the greylist of the daemon. */
  async ask<T>(question: (greylist: RemoteGreylist) => Promise<T>): Promise<T> {
    await using greylist = new RemoteGreylist(this.control);
    return await question(greylist);
  }

  /** What the daemon holds of an address. */
  records(ip: string): Promise<string[]> {
    return this.ask(async (greylist) => {
      const types: string[] = [];
      for await (const record of greylist.export()) {
        if ('ip' in record && record.ip === ip) types.push(record.type);
      }
      return types;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) program.signal('SIGCONT');
    for (const program of this.#programs.toReversed()) await program[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A mail server that takes everything; closed by the tests that open it. */
export class Sink implements AsyncDisposable {
  readonly #server: SMTPServer;
  readonly port: number;

  private constructor(server: SMTPServer) {
    this.#server = server;
    this.port = (server.server.address() as AddressInfo).port;
  }

  static async open(ip: string): Promise<Sink> {
    const server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      closeTimeout: 100,
      onData: (stream, _session, callback) => {
        stream.resume().on('end', () => callback(null, 'taken'));
      },
    });
    // A client that is killed is no trouble.
    server.on('error', () => {});
    server.listen(0, ip);
    await once(server.server, 'listening');
    return new Sink(server);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

export interface Delivery {
  /** The client's address, of 127/8. */
  readonly ip: string;
  readonly to: string | readonly string[];
  readonly from?: string;
  readonly helo?: string;
  readonly more?: readonly string[];
}

/**
 * Delivers a mail by swaks.
 *
 * @returns The replies to RCPT TO and to the message, in order.
 */
export async function deliver(
  port: number,
  { ip, to, from = 'a@example.org', helo = 'mx.example.org', more = [] }: Delivery,
) {
  const recipients = [to].flat().join(',');
  const client = ['--local-interface', ip, '--helo', helo, '--from', from, '--to', recipients, ...more];
  const where = ['--server', `127.0.0.1:${port}`, '--timeout', '25s', '--suppress-data'];
  const { rcpt, data } = await converse([...where, ...client]);
  return data === undefined ? rcpt : [...rcpt, data];
}
