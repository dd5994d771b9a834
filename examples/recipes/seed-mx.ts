/** Tells a new MX what an old one knows: its greylist, as spamdb(8) lists it. */
import { parseArgs } from 'node:util';
import { parseSpamdb, type SpamdbRecord, toEntries } from 'spamd-sync/spamdb';
import { input, run, SEND_OPTIONS, send } from './common.ts';

const USAGE = `usage: spamdb | node --import tsx examples/recipes/seed-mx.ts -Y newmx
           [--no-grey] [-K keyfile] [-p port] [--dialect spamd|greyd] [--rate 4]

Sends the targets every WHITE, TRAPPED and GREY entry that still holds. Spamtraps cannot be told; see docs/operations.md.

  -Y         where to send: a host name, an IPv4 address or an interface, as with spamd; repeatable
  -K         the group's key file, by default /etc/mail/spamd.key
  --no-grey  leave out the tuples: most of what a greylist holds, and of the least use
  --dialect  what runs at the targets;  --rate  datagrams a second, of 84 addresses or some ten tuples each`;

const OPTIONS = { ...SEND_OPTIONS, 'no-grey': { type: 'boolean' } } as const;

run('seed-mx', USAGE, async (args) => {
  const { values } = parseArgs({ args, options: OPTIONS });

  async function* records(): AsyncGenerator<SpamdbRecord> {
    const onBadLine = ({ message }: Error) => console.error(`left out: ${message}`);
    for await (const record of parseSpamdb(input(), { onBadLine })) {
      if (record.type !== 'GREY' || !values['no-grey']) yield record;
    }
  }
  console.log(await send(toEntries(records(), { now: Date.now() / 1000 }), values));
});
