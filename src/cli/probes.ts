import { Command } from 'commander';
import type { SpamdbGrey, SpamdbRecord } from '../spamdb/index.ts';
import { canonicalMailbox } from '../store/index.ts';
import { Mailboxes } from './input/mailboxes.ts';
import { FROM_HELP, readGreylist } from './input/records.ts';
import { controlOption } from './options/control.ts';
import { EXIT } from './terminal/failure.ts';
import type { Io } from './terminal/io.ts';
import { Output } from './terminal/output.ts';
import { timeWords } from './terminal/words.ts';

interface Options {
  readonly control: string;
  readonly from?: string;
  readonly users?: string;
  readonly json?: boolean;
}

/** A callback probe: a host asked whether it could write to an address of ours. */
interface Probe {
  readonly ip: string;
  /** The name of the host, from the recipient that cannot exist. */
  readonly host: string;
  /** When it asked, by its own clock, Unix seconds. */
  readonly time: number;
  /** The senders in our domains that it asked about: somebody sent it mail with them. */
  readonly senders: readonly string[];
}

/** How far apart the two questions may be, about the sender and about an address that cannot exist, seconds. */
const TOGETHER = 600;
/** The address that Exim makes up: the host, the time and a word, so that no such address exists. */
const TESTING = /^(.+)-(\d{9,10})-testing@/;

export function probesCommand(io: Io): Command {
  return new Command('probes')
    .description(
      'lists callback probes: which host asked whether a sender of yours exists, when, and about which sender',
    )
    .addOption(controlOption())
    .option('--from <file>', FROM_HELP)
    .option('--users <file>', 'a file of the addresses that exist, one a line; shows which senders were forged')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
Exit status: 1 if a line of a dump could not be read.

Example:
  spamdb | spamd-sync probes --from - --users users.txt`,
    )
    .action((options: Options) => probes(io, options));
}

async function probes(io: Io, { control, from, users, json = false }: Options): Promise<void> {
  const mailboxes = users === undefined ? undefined : await Mailboxes.from(users);
  const { result, bad } = await readGreylist(io, { control, from }, nullSenderTuples);
  const out = new Output(io.stdout, json);
  for (const probe of probesIn(result)) {
    const senders = probe.senders.map((address) => {
      return mailboxes === undefined ? { address } : { address, forged: !mailboxes.has(address) };
    });
    await out.print({ ...probe, senders }, () => {
      const words = senders.map(({ address, forged }) => {
        return forged === undefined ? address : `${address} (${forged ? 'forged' : 'a user'})`;
      });
      return [`${timeWords(probe.time)} ${probe.ip} ${probe.host} asked about ${words.join(', ') || '-'}`];
    });
  }
  if (bad > 0) io.exit = EXIT.no;
}

async function nullSenderTuples(records: AsyncIterable<SpamdbRecord>): Promise<Map<string, SpamdbGrey[]>> {
  const byHost = new Map<string, SpamdbGrey[]>();
  for await (const record of records) {
    if (record.type !== 'GREY' || canonicalMailbox(record.from) !== '') continue;
    const tuples = byHost.get(record.ip);
    if (tuples === undefined) byHost.set(record.ip, [record]);
    else tuples.push(record);
  }
  return byHost;
}

/** The probes in the tuples, in the order of their times. */
function probesIn(byHost: ReadonlyMap<string, readonly SpamdbGrey[]>): Probe[] {
  const found: Probe[] = [];
  for (const [ip, tuples] of byHost) {
    const seen = tuples.map(({ to, first }) => ({ to: canonicalMailbox(to), first }));
    for (const { to, first } of seen) {
      const [, host, time] = TESTING.exec(to) ?? [];
      if (host === undefined) continue;
      const near = seen.filter((one) => Math.abs(one.first - first) <= TOGETHER && !TESTING.test(one.to));
      found.push({ ip, host, time: Number(time), senders: [...new Set(near.map((one) => one.to))].sort() });
    }
  }
  return found.sort((a, b) => a.time - b.time || (a.ip < b.ip ? -1 : 1));
}
