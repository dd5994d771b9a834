import { Command } from 'commander';
import type { Evidence, KnownAddress, KnownClaim, KnownTuple, Why } from '../index.ts';
import { ipAddresses } from './options/arguments.ts';
import { askDaemon, controlOption } from './options/control.ts';
import type { Io } from './terminal/io.ts';
import { Output } from './terminal/output.ts';
import { counted, quoted, timeWords, whenWords } from './terminal/words.ts';

export function whyCommand(io: Io): Command {
  return new Command('why')
    .description(
      'shows the state of an address and its reasons: claims, tuples, evidence of its traps, what was announced',
    )
    .argument('<address...>', 'IPv4 or IPv6 addresses', ipAddresses)
    .addOption(controlOption())
    .option('--json', 'one JSON object a line, times in Unix seconds')
    .addHelpText('after', '\nExample:\n  spamd-sync why 198.51.100.7')
    .action(async (ips: readonly string[], { control, json = false }: { control: string; json?: boolean }) => {
      const out = new Output(io.stdout, json);
      await askDaemon(control, async (greylist) => {
        for (const ip of ips) {
          const why = await greylist.why(ip);
          await out.print(why, () => linesOf(why, (text) => out.marked('bold', text)));
        }
      });
    });
}

function* linesOf(why: Why, bold: (text: string) => string): Generator<string, void> {
  const { time } = why;
  yield bold(`${why.ip} ${stateWords(why)}`);
  for (const record of why.records) yield* recordLines(record, why);
  for (const tuple of why.tuples) yield `  GREY ${tupleWords(tuple, time)}`;
  if (why.moreTuples > 0) yield `  GREY and ${counted(why.moreTuples, 'more tuple')}`;
  for (const evidence of why.evidence) yield `  evidence: ${evidenceWords(evidence, time)}`;
}

function stateWords({ state, since = 0, expires = 0, trappedBy, exempt, tuples, time }: Why): string {
  const always = exempt ? '; it is exempt, and passes all the same' : '';
  switch (state) {
    case 'white':
      return `is white until ${whenWords(expires, time)}, since ${whenWords(since, time)}${always}`;
    case 'trapped':
      return `is trapped until ${whenWords(expires, time)}, by ${trappedBy}, since ${whenWords(since, time)}${always}`;
    case 'grey': {
      const passes = Math.min(...tuples.map((tuple) => tuple.passes));
      return `is grey: a retry passes ${passes <= time ? 'now' : `from ${whenWords(passes, time)}`}${always}`;
    }
    case 'none':
      return exempt ? 'is exempt, and always passes' : 'is neither white, trapped nor grey';
  }
}

function* recordLines(record: KnownAddress, { ip, time }: Why): Generator<string, void> {
  const of = record.of === ip ? '' : ` of ${record.of}`;
  for (const claim of record.white) yield `  WHITE${of} ${claimWords(claim, time)}`;
  for (const claim of record.trapped) yield `  TRAPPED${of} ${claimWords(claim, time)}`;
  if (record.whiteRemoved > 0) yield `  removal of WHITE${of} at ${whenWords(record.whiteRemoved, time)}`;
  if (record.trappedRemoved > 0) yield `  removal of TRAPPED${of} at ${whenWords(record.trappedRemoved, time)}`;
  const { first, pass, blocked, passed, announcedAt, announcedExpires } = record;
  yield `  seen${of} first ${timeWords(first)}, passed last ${timeWords(pass)}; blocked ${blocked}, passed ${passed}`;
  if (announcedAt === 0) return;
  yield `  announced${of} ${whenWords(announcedAt, time)}; spamd hosts hold it until ${whenWords(announcedExpires, time)}`;
}

function claimWords({ at, expires, local }: KnownClaim, now: number): string {
  const who = local === undefined ? '' : ` by ${local ? 'this host' : 'another host'}`;
  return `decided${who} ${whenWords(at, now)}, ${expires <= now ? 'expired' : 'holds until'} ${whenWords(expires, now)}`;
}

function tupleWords({ helo, from, to, first, passes, expires, blocked, passed }: KnownTuple, now: number): string {
  const times = `first ${whenWords(first, now)}, passes from ${whenWords(passes, now)}, expires ${whenWords(expires, now)}`;
  return `helo ${quoted(helo)} from ${quoted(from)} to ${quoted(to)}: ${times}; blocked ${blocked}, passed ${passed}`;
}

function evidenceWords({ kind, time, received, source, tuple, connectedTo, by }: Evidence, now: number): string {
  const parts = [`${kind} ${whenWords(time, now)}`];
  if (tuple !== undefined) {
    parts.push(`helo ${quoted(tuple.helo)} from ${quoted(tuple.from)} to ${quoted(tuple.to)}`);
  }
  if (connectedTo !== undefined) parts.push(`connected to ${connectedTo}`);
  if (received !== undefined)
    parts.push(`received ${source === undefined ? '' : `from ${source} `}${timeWords(received)}`);
  if (by !== undefined) parts.push(`by ${quoted(by)}`);
  return parts.join(', ');
}
