import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { freeTcpPort } from '../support/free-port.ts';
import { cacheDirectory } from './cache.ts';
import type { MailHost } from './mail-host.ts';
import type { Program } from './program.ts';

const UNPACKED = cacheDirectory('opensmtpd');
/** The real smtpd(8), which the set-up has unpacked. */
const OPENSMTPD = join(UNPACKED, 'usr/sbin/smtpd');

/**
 * OpenSMTPD, unpacked beside the system: Debian allows one mail server at a time. Its libraries are installed.
 */
export function needOpenSmtpd(): void {
  if (existsSync(OPENSMTPD)) return;
  const output = (program: string, args: readonly string[]) =>
    execFileSync(program, args, { cwd: UNPACKED, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  output('apt-get', ['update', '-qq']);
  const depends = output('apt-cache', ['depends', 'opensmtpd']);
  const libraries = [...depends.matchAll(/^ *Depends: (lib\S+|zlib\S+)$/gm)].map(([, name = '']) => name);
  output('apt-get', ['install', '-y', '-qq', ...libraries]);
  output('apt-get', ['download', 'opensmtpd']);
  const archive = readdirSync(UNPACKED).find((name) => name.endsWith('.deb')) ?? '';
  output('dpkg', ['-x', archive, UNPACKED]);
}

/** What it finds where it looks: its users, its queue and its sockets, seen by it alone. */
const SURROUNDINGS = `set -e
mkdir -p /usr/libexec/opensmtpd /var/spool/smtpd /var/lib/opensmtpd/empty
mount -t tmpfs tmpfs /var/spool/smtpd
chmod 711 /var/spool/smtpd
mount --bind ${UNPACKED}/usr/libexec/opensmtpd /usr/libexec/opensmtpd
mount --bind passwd /etc/passwd
mount --bind group /etc/group
mount -t tmpfs tmpfs /run
exec ${OPENSMTPD} -d -f smtpd.conf`;

/** A real OpenSMTPD with the filter, which relays what it accepts. */
export class OpenSmtpd {
  readonly port: number;
  readonly program: Program;
  readonly #control: string;

  private constructor(port: number, program: Program, control: string) {
    this.port = port;
    this.program = program;
    this.#control = control;
  }

  /**
   * @param relay The port on loopback that mail is relayed to.
   * @param recipients Whom it accepts mail for.
   */
  static async start(host: MailHost, relay: number, recipients: readonly string[]): Promise<OpenSmtpd> {
    const directory = join(host.directory, 'opensmtpd');
    mkdirSync(directory);
    const port = await freeTcpPort();
    const filter = [...host.command, 'opensmtpd-filter', '--control', host.control].join(' ');
    const listen = (address: string) => `listen on ${address} port ${port} hostname mx.example.net filter "greylist"`;
    const conf = [
      `filter "greylist" proc-exec "${filter}" user opensmtpd group opensmtpd`,
      ...['127.0.0.1', '::1'].map(listen),
      `action "relay" relay host "smtp://127.0.0.1:${relay}"`,
      `match from any for rcpt-to { ${recipients.map((address) => `"${address}"`).join(', ')} } action "relay"`,
    ];
    const users = ['opensmtpd:x:991:991::/var/lib/opensmtpd/empty:/bin/false', 'opensmtpq:x:992:992::/:/bin/false'];
    const file = (name: string, text: string) => writeFileSync(join(directory, name), text);
    file('smtpd.conf', `${conf.join('\n')}\n`);
    file('passwd', `${readFileSync('/etc/passwd', 'utf8')}${users.join('\n')}\n`);
    file('group', `${readFileSync('/etc/group', 'utf8')}opensmtpd:x:991:\nopensmtpq:x:992:\n`);
    const program = host.start(['unshare', '--mount', 'sh', '-c', `cd ${directory}\n${SURROUNDINGS}`]);
    const server = new OpenSmtpd(port, program, host.control);
    await vi.waitFor(() => expect(server.log).toMatch(/OpenSMTPD .* starting|error/), 15_000);
    await vi.waitFor(() => expect(server.filter).toBeDefined(), 15_000);
    return server;
  }

  /** What it logged. */
  get log(): string {
    return this.program.stdout + this.program.stderr;
  }

  /** The process of the filter. */
  get filter(): number | undefined {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const found = pids.find((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return command.includes('opensmtpd-filter') && command.includes(this.#control) && command[0] !== 'sh';
      } catch {
        return false;
      }
    });
    return found === undefined ? undefined : Number(found);
  }
}
