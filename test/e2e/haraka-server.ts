import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from './cache.ts';
import type { Program } from './program.ts';
import { until } from './until.ts';

const PLUGIN = 'haraka-plugin-spamd-sync';
const SOURCE = fileURLToPath(new URL(`../../examples/${PLUGIN}`, import.meta.url));
const INSTALLED = cacheDirectory('haraka');
const MODULES = join(INSTALLED, 'node_modules');

/** Installs the real Haraka, unless it is there. */
export function needHaraka(): void {
  if (existsSync(join(MODULES, 'Haraka'))) return;
  const dependencies = { Haraka: '3.3.4', 'haraka-test-fixtures': '1.7.2' };
  writeFileSync(join(INSTALLED, 'package.json'), JSON.stringify({ private: true, dependencies }));
  const args = ['install', '--omit=optional', '--no-audit', '--no-fund', '--silent'];
  try {
    execFileSync('npm', args, { cwd: INSTALLED, stdio: 'ignore' });
  } catch (cause) {
    throw new Error('there is no Haraka, and npm could not install it', { cause });
  }
}

/** Users, a queue that keeps nothing, and an outbound that goes to one place: what a Haraka has from other plugins. */
const SURROUNDINGS = `
exports.hook_mail = function (next, connection, [from]) {
  if (from.user === 'local') connection.relaying = true;
  next(OK);
};
exports.hook_rcpt = function (next, connection, [rcpt]) {
  if (connection.relaying) return next(OK);
  if (['bob', 'carol'].includes(rcpt.user)) return next(OK);
  next(DENY, 'no such user');
};
exports.hook_queue = function (next, { relaying, transaction }) {
  if (relaying) return next();
  this.lognotice('queued; X-Greylist: ' + transaction.header.get('X-Greylist'));
  next(OK);
};
exports.hook_get_mx = function (next) {
  next(OK, { priority: 0, exchange: '127.0.0.9', port: Number(process.env.SINK), bind_helo: 'mx.example.net' });
};
`;

/** Where a Haraka runs. */
export interface HarakaHost {
  /** Where this package is installed. */
  readonly directory: string;
  /** The daemon's socket. */
  readonly control: string;
  start(command: readonly string[], env: NodeJS.ProcessEnv): Program;
}

/** How it is reached. */
export interface HarakaPlace {
  readonly address: string;
  readonly port: number;
  /** The port at 127.0.0.9 where outbound mail goes. */
  readonly sink?: number;
}

/** A real Haraka with the plugin. */
export class HarakaServer implements AsyncDisposable {
  readonly port: number;
  readonly #program: Program;
  readonly #directory: string;
  readonly #daemonizes: boolean;

  private constructor(port: number, program: Program, directory: string, daemonizes: boolean) {
    this.port = port;
    this.#program = program;
    this.#directory = directory;
    this.#daemonizes = daemonizes;
  }

  /** @param main Of smtp.ini, its section main. */
  static async start(
    host: HarakaHost,
    main: Readonly<Record<string, unknown>>,
    place: HarakaPlace,
  ): Promise<HarakaServer> {
    const { address, port, sink } = place;
    const directory = join(host.directory, `haraka-${port}`);
    for (const name of ['plugins', 'queue']) mkdirSync(join(directory, name), { recursive: true });
    cpSync(join(MODULES, 'Haraka/config'), join(directory, 'config'), { recursive: true });
    installPlugin(directory);
    const daemon = { daemon_pid_file: join(directory, 'haraka.pid'), daemon_log_file: join(directory, 'haraka.log') };
    const ini = { listen: `${address}:${port}`, graceful_shutdown: true, ...daemon, ...main };
    const files = {
      'config/smtp.ini': Object.entries(ini),
      'config/spamd-sync.ini': [
        ['control', host.control],
        ['private', true],
      ],
      'config/outbound.ini': [['local_mx_ok', true]],
    };
    for (const [name, lines] of Object.entries(files)) {
      writeFileSync(join(directory, name), lines.map(([key, value]) => `${key}=${value}\n`).join(''));
    }
    writeFileSync(join(directory, 'config/plugins'), 'surroundings\nspamd-sync\n');
    writeFileSync(join(directory, 'config/me'), 'mx.example.net\n');
    writeFileSync(join(directory, 'config/loglevel'), 'NOTICE\n');
    writeFileSync(join(directory, 'plugins/surroundings.js'), SURROUNDINGS);
    const command = [process.execPath, join(MODULES, 'Haraka/bin/haraka'), '-c', directory];
    const program = host.start(command, { ...process.env, SINK: `${sink}` });
    const server = new HarakaServer(port, program, directory, 'daemonize' in main);
    await until(
      () => /istening on /.test(server.log),
      () => `Haraka does not listen: ${server.log}`,
    );
    return server;
  }

  /** What it logged. */
  get log(): string {
    const file = join(this.#directory, 'haraka.log');
    return this.#program.stdout + this.#program.stderr + (existsSync(file) ? readFileSync(file, 'utf8') : '');
  }

  /** Its first process. */
  get pid(): number {
    if (!this.#daemonizes) return this.#program.pid ?? 0;
    return Number(readFileSync(join(this.#directory, 'haraka.pid'), 'utf8'));
  }

  get workers(): readonly number[] {
    const children = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8');
    return children.split(' ').filter(Boolean).map(Number);
  }

  /** Stops it in order. */
  async stop(): Promise<void> {
    const { pid } = this;
    // A signal to process 0 would go to all of the tests.
    if (!(pid > 0)) throw new Error('Haraka has no process');
    process.kill(pid, 'SIGINT');
    await until(
      () => !existsSync(`/proc/${pid}/cwd`),
      () => `Haraka does not stop: ${this.log}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/**
 * Gives a directory the plugin.
 *
 * @returns Where it is.
 */
export function installPlugin(directory: string): string {
  const home = join(directory, 'node_modules', PLUGIN);
  cpSync(SOURCE, home, { recursive: true });
  return home;
}

/** Gives a plugin what its tests need. */
export function installFixtures(home: string): void {
  const fixtures = join(home, 'node_modules/haraka-test-fixtures');
  // A copy, since it looks for the plugin from where it is.
  cpSync(join(MODULES, 'haraka-test-fixtures'), fixtures, { recursive: true });
  const { dependencies } = JSON.parse(readFileSync(join(fixtures, 'package.json'), 'utf8'));
  mkdirSync(join(home, 'node_modules/@haraka'));
  for (const name of Object.keys(dependencies)) symlinkSync(join(MODULES, name), join(home, 'node_modules', name));
}
