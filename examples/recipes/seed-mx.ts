/** Announces to a new MX what an old one knows: its greylist, as spamdb(8) lists it. */
import { parseArgs } from 'node:util';
import { type LeftOutReason, parseSpamdb, type SpamdbRecord, toEntries } from 'spamd-sync/spamdb';
import { badLines, command, runProgram, SEND_OPTIONS, send, wholeInput } from './common.ts';

const USAGE = `usage: spamdb | node --import tsx examples/recipes/seed-mx.ts -Y newmx
           [--no-grey] [-K keyfile] [-p port] [--dialect spamd|greyd] [--whites n] [--rate n]

Sends the targets every WHITE, TRAPPED and GREY entry that still holds, once all of the input is read. Spamtraps cannot
be announced; see docs/operations.md.

  -Y         where to send: a host name, an IPv4 address or an interface, as with spamd; repeatable
  -K         the group's key file, by default /etc/mail/spamd.key
  --no-grey  leave out the tuples: most of what a greylist holds, and of the least use
  --dialect  what runs at the targets
  --whites   how many WHITE they hold by now; the more, the slower it goes
  --rate     datagrams a second, of 84 addresses or some ten tuples each: to go faster where there is no real spamd`;

const OPTIONS = { ...SEND_OPTIONS, 'no-grey': { type: 'boolean' } } as const;

export const main = command('seed-mx', USAGE, async (args, surroundings) => {
  const { values } = parseArgs({ args, options: OPTIONS });
  const dump = await wholeInput(surroundings);
  const { onBadLine, reportCount } = badLines(surroundings);

  async function* records(): AsyncGenerator<SpamdbRecord> {
    for await (const record of parseSpamdb(dump, { onBadLine })) {
      if (record.type !== 'GREY' || !values['no-grey']) yield record;
    }
  }
  const left = new Map<LeftOutReason, number>();
  const onLeftOut = (_record: SpamdbRecord, why: LeftOutReason): void => {
    left.set(why, (left.get(why) ?? 0) + 1);
  };
  surroundings.print(
    await send(toEntries(records(), { now: Date.now() / 1000, onLeftOut }), values, surroundings.report),
  );
  reportCount();
  for (const [why, count] of left) surroundings.report(`left out: ${count} (${why})`);
});

await runProgram(import.meta.url, 'seed-mx', main);
