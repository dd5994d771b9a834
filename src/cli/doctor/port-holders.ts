import { readdir, readFile, readlink } from 'node:fs/promises';

/** A process of this host that has a port. */
export interface Holder {
  readonly pid: number;
  /** The name of its program. */
  readonly name: string;
}

/** The tables in /proc/net of each protocol. */
const TABLES = { udp: ['udp'], tcp: ['tcp', 'tcp6'] } as const;
/** The state of a listening socket, in the fourth column of a table of TCP. */
const LISTENING = '0A';

/**
 * The other processes that have a UDP port, or listen at a TCP port, as far as the system shows them. Linux does, and
 * shows all of them to root only. `undefined` if the system shows none.
 */
export async function portHolders(protocol: 'udp' | 'tcp', port: number): Promise<readonly Holder[] | undefined> {
  const tables = await Promise.all(
    TABLES[protocol].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => undefined)),
  );
  if (tables[0] === undefined) return undefined;
  const inodes = tables.flatMap((table = '') => inodesOf(table, port, protocol === 'tcp'));
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`));
  if (wanted.size === 0) return [];
  const holders: Holder[] = [];
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid || !(await hasOne(entry, wanted))) continue;
    holders.push({ pid, name: (await readFile(`/proc/${entry}/comm`, 'utf8').catch(() => '?')).trim() });
  }
  return holders;
}

/** The inodes of the sockets bound to a port: the second and the tenth column of a table. */
function inodesOf(sockets: string, port: number, isListening: boolean): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = sockets.split('\n').map((line) => line.trim().split(/\s+/));
  const bound = rows.filter(
    ([, local = '', , state]) => local.endsWith(suffix) && (!isListening || state === LISTENING),
  );
  return bound.map((columns) => columns[9] ?? '');
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
