/** Lists recipients in one's own domains that nobody but unknown clients writes to: candidates for spamtraps. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { parseSpamdb } from 'spamd-sync/spamdb';
import { badLines, command, input, runProgram, whole } from './common.ts';

const USAGE = `usage: spamdb | node --import tsx examples/recipes/trap-candidates.ts --domain domain... --users file [--hosts 2]

Lists recipients that are no user of ours and were tried by hosts that never delivered anything, with the number of
different hosts, most first. Bounces and callbacks (null sender) do not count. Read the list before you make spamtraps
of it: a typing error is no crime.

  --domain  a domain of ours; repeatable
  --users   a file of the addresses that exist, one a line, aliases too; # starts a comment
  --hosts   list a recipient only if so many different hosts tried it`;

const OPTIONS = {
  domain: { type: 'string', multiple: true },
  users: { type: 'string' },
  hosts: { type: 'string' },
} as const;

export const main = command('trap-candidates', USAGE, async (args, surroundings) => {
  const { values } = parseArgs({ args, options: OPTIONS });
  if (values.domain === undefined) throw new Error('no domain: name one with --domain');
  if (values.users === undefined) throw new Error('name the file of those that exist with --users');
  const min = whole('--hosts', values.hosts ?? '2', 1, 2 ** 31);
  const domains = new Set(values.domain.map((domain) => domain.toLowerCase().replace(/^@/, '')));
  const known = await usersIn(values.users);

  const tried = new Map<string, Set<string>>();
  const white = new Set<string>();
  const { onBadLine, reportCount } = badLines(surroundings);
  for await (const record of parseSpamdb(input(surroundings), { onBadLine })) {
    if (record.type === 'WHITE') white.add(record.ip);
    else if (record.type === 'SPAMTRAP') known.add(canonical(record.address));
    else if (record.type === 'GREY') {
      const to = canonical(record.to);
      // A null sender brings a bounce or a callback, and its host is a mail server that was lied to.
      if (canonical(record.from) === '') continue;
      if (!domains.has(to.slice(to.lastIndexOf('@') + 1))) continue;
      tried.set(to, (tried.get(to) ?? new Set()).add(record.ip));
    }
  }
  // Only now: what is white or a spamtrap already may come behind the tuples.
  const candidates = [...tried]
    .filter(([to]) => !isKnown(to, known))
    .map(([to, hosts]) => ({ to, hosts: [...hosts].filter((ip) => !white.has(ip)).length }));
  candidates.sort((a, b) => b.hosts - a.hosts || (a.to < b.to ? -1 : 1));
  for (const { to, hosts } of candidates) if (hosts >= min) surroundings.print(`${String(hosts).padStart(6)} ${to}`);
  reportCount();
});

async function usersIn(file: string): Promise<Set<string>> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  const users = lines.map((line) => canonical(line.replace(/#.*/, '').trim())).filter((user) => user !== '');
  // Everybody would be a candidate.
  if (users.length === 0) throw new Error(`${file} names no user`);
  return new Set(users);
}

/** A user also has the addresses with a detail after a plus sign. */
function isKnown(address: string, known: ReadonlySet<string>): boolean {
  return known.has(address) || known.has(address.replace(/\+[^@]*@/, '@'));
}

/** As spamtraps are compared: lower case, without brackets. */
function canonical(address: string): string {
  return address.replace(/[<>"\\]/g, '').toLowerCase();
}

await runProgram(import.meta.url, 'trap-candidates', main);
