import { Command, InvalidArgumentError } from 'commander';
import type { SpamdbRecord } from '../index.ts';
import { canonicalMailbox } from '../store/index.ts';
import { linesIn, triedIn } from './candidates/log-lines.ts';
import { inputFrom } from './input/input.ts';
import { Mailboxes } from './input/mailboxes.ts';
import { FROM_HELP, readGreylist } from './input/records.ts';
import { append } from './options/arguments.ts';
import { controlOption } from './options/control.ts';
import { EXIT, UsageError } from './terminal/failure.ts';
import type { Io } from './terminal/io.ts';
import { Output } from './terminal/output.ts';
import { reportLine } from './terminal/report-line.ts';

interface Options {
  readonly control: string;
  readonly from?: string;
  readonly log?: readonly string[];
  readonly domain: readonly string[];
  readonly users: string;
  readonly hosts: number;
  readonly json?: boolean;
}

export function candidatesCommand(io: Io): Command {
  return new Command('candidates')
    .description('lists candidates for spamtraps: recipients that do not exist, and how many hosts tried each')
    .requiredOption('--domain <domain>', 'a domain of yours; repeatable', append)
    .requiredOption('--users <file>', 'a file of the addresses that exist, one a line, aliases too')
    .option('--hosts <number>', 'only recipients that at least this many different hosts tried', atLeastOne, 2)
    .addOption(controlOption())
    .option('--from <file>', FROM_HELP)
    .option('--log <file>', 'a log of spamd -v, Postfix, Dovecot or Courier, - for stdin; repeatable', append)
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
White hosts and attempts with the null sender do not count. With --log and without --from the daemon is not asked, so no
host is known to be white. A name without a domain counts as an address of the first --domain.

Exit status: 1 if a line of a dump could not be read.

Examples:
  spamd-sync candidates --domain example.net --users users.txt
  spamd-sync candidates --domain example.net --users users.txt --log /var/log/maillog --hosts 3`,
    )
    .action((options: Options) => candidates(io, options));
}

async function candidates(
  io: Io,
  { control, from, log = [], domain, users, hosts, json = false }: Options,
): Promise<void> {
  if (from === '-' && log.includes('-')) throw new UsageError('stdin is named for a dump and a log');
  if (domain.some((one) => !/[^@]/.test(one))) throw new UsageError('--domain: names no domain');
  const tried = new TriedAddresses(domain);
  const mailboxes = await Mailboxes.from(users);
  let bad = 0;
  if (from !== undefined || log.length === 0) {
    bad = (await readGreylist(io, { control, from }, (records) => tried.addRecords(records))).bad;
  }
  for (const path of log) {
    let known = 0;
    for await (const line of linesIn(await inputFrom(path, io))) {
      const found = triedIn(line);
      if (found === undefined) continue;
      known++;
      tried.add(found.ip, found.address);
    }
    if (known === 0) reportLine(io, `${path}: no line says that an address was tried`);
  }
  const out = new Output(io.stdout, json);
  for (const { address, hosts: count } of tried.by(hosts)) {
    if (!mailboxes.has(address)) {
      await out.print({ address, hosts: count }, () => [`${String(count).padStart(6)} ${address}`]);
    }
  }
  if (bad > 0) io.exit = EXIT.no;
}

/** Which hosts tried which addresses of some domains. */
class TriedAddresses {
  readonly #domains: readonly string[];
  readonly #hosts = new Map<string, Set<string>>();
  readonly #white = new Set<string>();
  readonly #spamtraps = new Set<string>();

  constructor(domains: readonly string[]) {
    this.#domains = domains.map((domain) => domain.toLowerCase().replace(/^@/, ''));
  }

  async addRecords(records: AsyncIterable<SpamdbRecord>): Promise<void> {
    for await (const record of records) {
      if (record.type === 'WHITE') this.#white.add(record.ip);
      else if (record.type === 'SPAMTRAP') this.#spamtraps.add(canonicalMailbox(record.address));
      // Mail of the null sender is a bounce or a callback. Its host is a mail server that got mail with a forged
      // sender.
      else if (record.type === 'GREY' && canonicalMailbox(record.from) !== '') this.add(record.ip, record.to);
    }
  }

  add(ip: string, address: string): void {
    const canonical = canonicalMailbox(address);
    const full = canonical.includes('@') ? canonical : `${canonical}@${this.#domains[0]}`;
    if (!this.#domains.includes(full.slice(full.lastIndexOf('@') + 1))) return;
    const hosts = this.#hosts.get(full) ?? new Set();
    this.#hosts.set(full, hosts.add(ip));
  }

  /**
   * The addresses that at least `min` hosts tried, those tried by most hosts first. White hosts do not count. Addresses
   * that are spamtraps already are left out.
   */
  by(min: number): { readonly address: string; readonly hosts: number }[] {
    // Hosts are counted only now: the white addresses and the spamtraps may come after the tuples.
    return Array.from(this.#hosts, ([address, ips]) => {
      return { address, hosts: [...ips].filter((ip) => !this.#white.has(ip)).length };
    })
      .filter(({ address, hosts }) => hosts >= min && !this.#spamtraps.has(address))
      .sort((a, b) => b.hosts - a.hosts || (a.address < b.address ? -1 : 1));
  }
}

function atLeastOne(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('not a number above 0');
}
