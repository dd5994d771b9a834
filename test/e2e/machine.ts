import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, realpathSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Program } from './program.ts';
import { until } from './until.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
/** They may be changed meanwhile, which a file system that is laid over them does not always see. */
const BENEATH = [ROOT, realpathSync(`${ROOT}/node_modules`)];
/** What leads to them and to Node: services of a machine have users of their own. */
const ABOVE = [...new Set([...BENEATH, process.execPath].flatMap(ancestors))];

/** The machine's own address, on its interface em0. Clients have the others of the network. */
export const SERVER = '198.51.100.1';
const CLIENTS = Array.from({ length: 20 }, (_, at) => `198.51.100.${at + 10}`);

/** A network of its own: one interface, with the addresses of the machine and of its clients. */
const OWN_NETWORK = `
  ip link set lo up
  ip link add em0 type veth peer name wire
  ip link set wire up
  ip link set em0 up
  for address in ${SERVER} ${CLIENTS.join(' ')}; do ip addr add $address/24 dev em0; done`;

/**
 * What the machine's first process runs: it lays a file system in memory over this host's, installs packages there, enters its
 * network, and ends with its standard input. All else ends with it.
 */
const BOOT = `
set -e
directory=$1 name=$2 namespace=$3
shift 3
mount -t tmpfs machine "$directory"
cd "$directory"
mkdir upper work root
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
mount --rbind /dev root/dev
mount -t proc proc root/proc
for above in ${ABOVE.join(' ')}; do chmod a+x "root$above"; done
for beneath in ${BENEATH.join(' ')}; do mount --bind "$beneath" "root$beneath"; done
cp --remove-destination /etc/resolv.conf root/etc/resolv.conf
printf '#!/bin/sh\\nexit 101\\n' > root/usr/sbin/policy-rc.d
printf '#!/bin/sh\\ncd ${ROOT} && exec ${process.execPath} --import tsx src/cli/main.ts "$@"\\n' > root/usr/local/bin/spamd-sync
chmod +x root/usr/sbin/policy-rc.d root/usr/local/bin/spamd-sync
install="apt-get -qq install -y --no-install-recommends"
export DEBIAN_FRONTEND=noninteractive
chroot root $install "$@" < /dev/null > install.log 2>&1 ||
  { chroot root sh -c "apt-get -qq update && $install $*" < /dev/null > install.log 2>&1; } ||
  { tail -n 20 install.log >&2; exit 1; }
hostname "$name"
if [ -n "$namespace" ]; then
  cp "/etc/netns/$namespace/hosts" root/etc/hosts
  enter="nsenter --net=/run/netns/$namespace" network=
else
  printf '127.0.0.1 localhost\\n${SERVER} %s\\n' "$name" > root/etc/hosts
  enter='unshare --net' network='${OWN_NETWORK}'
fi
: > root/etc/resolv.conf
exec $enter chroot root bash -c "
  set -e
  cd /
  $network
  echo ready
  while read -r _; do :; done"`;

/** A machine of its own: this host's files under its own, in which packages are installed; its network, processes and name. */
export class Machine implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  /** Removes what its file system was laid over. */
  readonly #clear: () => void;
  /** Its first process, as this host numbers it. */
  readonly #init: string;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>, clear: () => void) {
    this.#child = child;
    this.#clear = clear;
    this.#init = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'latin1').trim();
  }

  /**
   * @param packages Of Debian.
   * @param namespace The network that it is in, of a host of a lab. Default: one of its own.
   */
  static async start(name: string, packages: readonly string[], namespace = ''): Promise<Machine> {
    const directory = mkdtempSync(join(tmpdir(), 'machine-'));
    const clear = () => rmdirSync(directory);
    // A machine that is still starting has nobody yet who would end it.
    process.once('exit', clear);
    const spaces = ['--mount', '--pid', '--uts', '--fork', '--kill-child'];
    const child = spawn('unshare', [...spaces, 'bash', '-c', BOOT, 'bash', directory, name, namespace, ...packages], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit').then(() => {
      throw new Error(`the machine ${name} could not be started`);
    });
    await Promise.race([once(child.stdout, 'data'), ended]);
    ended.catch(() => {});
    return new Machine(child, clear);
  }

  /** What to put in front of a command for it to run there. */
  get inside(): readonly string[] {
    return ['nsenter', `--target=${this.#init}`, '--mount', '--net', '--pid', '--uts', '--root', '--wd'];
  }

  /** A path there, as this host reaches it; also of a Unix socket. */
  path(path: string): string {
    return `/proc/${this.#init}/root${path}`;
  }

  /** Runs a short program there and returns what it printed. */
  run(...command: readonly string[]): string {
    const [program = '', ...args] = [...this.inside, ...command];
    return execFileSync(program, args, { encoding: 'utf8', timeout: 30_000 });
  }

  /** Writes a file there. */
  write(path: string, text: string): void {
    writeFileSync(this.path(path), text);
  }

  /** Runs a line of shell there. */
  sh(line: string): string {
    return this.run('sh', '-c', line);
  }

  /** Starts a program there that runs on. Its first line of output is its process there. */
  start(...command: readonly string[]): MachineProgram {
    return new MachineProgram(this, command);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    await ended;
    process.off('exit', this.#clear);
    this.#clear();
  }
}

/** A program that runs on in a machine, and can be sent signals there. */
export class MachineProgram {
  readonly #machine: Machine;
  readonly #program: Program;

  constructor(machine: Machine, command: readonly string[]) {
    this.#machine = machine;
    this.#program = new Program(['sh', '-c', 'echo $$; exec "$@"', 'sh', ...command], machine.inside);
  }

  /** What it has printed. */
  get output(): string {
    return this.#program.stdout.replace(/^.*\n/, '') + this.#program.stderr;
  }

  get ended(): Promise<number | string> {
    return this.#program.ended;
  }

  signal(name: 'TERM' | 'KILL' | 'STOP' | 'CONT'): void {
    const [pid = ''] = this.#program.stdout.split('\n');
    this.#machine.run('kill', `-${name}`, pid);
    // nsenter stops with what it runs.
    if (name === 'CONT') this.#program.signal('SIGCONT');
  }

  /** Resolves when it has printed this. */
  async printed(pattern: RegExp): Promise<void> {
    await until(
      () => pattern.test(this.output),
      () => `nothing like ${pattern} in: ${this.output}`,
    );
  }

  /** Sends a signal that ends it, and waits until it has ended. */
  async end(name: 'TERM' | 'KILL'): Promise<void> {
    this.signal(name);
    await this.ended;
  }
}

/** The directories that a path is in, but for the root. */
function ancestors(path: string): string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`);
}
