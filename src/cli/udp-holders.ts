import { readdir, readFile, readlink } from 'node:fs/promises';

/** A process of this host that has a UDP port. */
export interface Holder {
  readonly pid: number;
  /** The name of its program. */
  readonly name: string;
}

/**
 * The other processes that have a UDP port, as far as the system shows them: Linux, and there to root all of them.
 * `undefined` where it shows nothing.
 */
export async function udpHolders(port: number): Promise<readonly Holder[] | undefined> {
  const sockets = await readFile('/proc/net/udp', 'utf8').catch(() => undefined);
  if (sockets === undefined) return undefined;
  const wanted = new Set(inodesOf(sockets, port).map((inode) => `socket:[${inode}]`));
  if (wanted.size === 0) return [];
  const holders: Holder[] = [];
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid || !(await hasOne(entry, wanted))) continue;
    holders.push({ pid, name: (await readFile(`/proc/${entry}/comm`, 'utf8').catch(() => '?')).trim() });
  }
  return holders;
}

/** The inodes of the sockets bound to a port: the second and the tenth column of /proc/net/udp. */
function inodesOf(sockets: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = sockets.split('\n').map((line) => line.trim().split(/\s+/));
  return rows.filter(([, local = '']) => local.endsWith(suffix)).map((columns) => columns[9] ?? '');
}

async function hasOne(pid: string, wanted: ReadonlySet<string>): Promise<boolean> {
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const file of files) {
    if (wanted.has(await readlink(`/proc/${pid}/fd/${file}`).catch(() => ''))) return true;
  }
  return false;
}

/** Processes in words: `spamd (pid 12)`. */
export function holderWords(holders: readonly Holder[] | undefined): string {
  if (holders === undefined || holders.length === 0) return 'another process';
  return holders.map(({ pid, name }) => `${name} (pid ${pid})`).join(', ');
}
