/** Tells a new MX what an old one knows: its greylist, as spamdb(8) lists it. */
import { parseArgs } from 'node:util';
import type { Entry, SpamdbRecord } from 'spamd-sync';
import { parseSpamdb } from 'spamd-sync/spamdb';
import { input, run, SEND_OPTIONS, send } from './common.ts';

const USAGE = `usage: spamdb | node --import tsx examples/recipes/seed-mx.ts -Y newmx
           [--no-grey] [-K keyfile] [-p port] [--dialect spamd|greyd] [--rate 4]

Sends the targets every WHITE, TRAPPED and GREY entry that still holds. Spamtraps cannot be told; see docs/operations.md.

  -Y         where to send: a host name, an IPv4 address or an interface, as with spamd; repeatable
  -K         the group's key file, by default /etc/mail/spamd.key
  --no-grey  leave out the tuples: most of what a greylist holds, and of the least use
  --dialect  what runs at the targets;  --rate  datagrams a second, of 85 addresses or some ten tuples each`;

const OPTIONS = { ...SEND_OPTIONS, 'no-grey': { type: 'boolean' } } as const;

/** spamdb(8) does not say when an address was trapped; spamd's traps hold 24 hours. */
const TRAPEXP = 86_400;

run('seed-mx', USAGE, async (args) => {
  const { values } = parseArgs({ args, options: OPTIONS });
  const now = Math.floor(Date.now() / 1000);

  async function* entries(): AsyncGenerator<Entry> {
    const onBadLine = ({ message }: Error) => console.error(`left out: ${message}`);
    for await (const record of parseSpamdb(input(), { onBadLine })) {
      if (record.type === 'GREY' && values['no-grey']) continue;
      const entry = asEntry(record, now);
      if (entry !== undefined) yield entry;
    }
  }
  console.log(await send(entries(), values));
});

/** What a record says, as the group is told it. */
function asEntry(record: SpamdbRecord, now: number): Entry | undefined {
  if (record.type === 'SPAMTRAP' || record.expire <= now) return undefined;
  const { ip, expire: expires } = record;
  switch (record.type) {
    case 'WHITE':
      return { type: 'white', ip, timestamp: Math.min(now, Math.max(record.first, record.pass)), expires };
    case 'TRAPPED':
      return { type: 'trapped', ip, timestamp: Math.max(0, Math.min(now, expires - TRAPEXP)), expires };
    case 'GREY': {
      const { helo, from, to, first } = record;
      return { type: 'grey', ip, helo, from, to, timestamp: first };
    }
  }
}
