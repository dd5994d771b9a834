/** Announces a list of addresses as traps to a sync group: a pf table, a partner's traplist. */
import { createReadStream } from 'node:fs';
import { BlockList, isIPv4 } from 'node:net';
import { parseArgs } from 'node:util';
import type { TrappedEntry } from 'spamd-sync';
import { type AddressListItem, parseAddressList } from 'spamd-sync/spamdb';
import { badLines, command, runProgram, SEND_OPTIONS, type Surroundings, send, whole, wholeInput } from './common.ts';

const USAGE = `usage: pfctl -t bruteforce -T show | node --import tsx examples/recipes/send-traps.ts -Y target...
           [--hours 24] [--expand 1] [--except file]... [-K keyfile] [-p port] [--dialect spamd|greyd]
           [--whites n] [--rate n]

Reads addresses, one a line, to the end of the input, and then announces to the targets that they are trapped.

  -Y        where to send: a host name, an IPv4 address or an interface, as with spamd; repeatable
  -K        the group's key file, by default /etc/mail/spamd.key
  --hours   how long the traps hold, 1..8784
  --expand  networks of up to so many addresses are announced as their addresses, 1..65536; larger ones are left out
  --except  a file of addresses and networks that are never announced, as /etc/mail/nospamd; repeatable
  --dialect what runs at the targets
  --whites  how many WHITE they hold; the more, the slower it goes
  --rate    datagrams a second, of 85 addresses each: to go faster where there is no real spamd`;

const OPTIONS = {
  ...SEND_OPTIONS,
  hours: { type: 'string' },
  expand: { type: 'string' },
  except: { type: 'string', multiple: true },
} as const;

export const main = command('send-traps', USAGE, async (args, surroundings) => {
  const { values } = parseArgs({ args, options: OPTIONS });
  const timestamp = Math.floor(Date.now() / 1000);
  const expires = timestamp + whole('--hours', values.hours ?? '24', 1, 8784) * 3600;
  const max = whole('--expand', values.expand ?? '1', 1, 65_536);
  const spared = await addressesOf(values.except ?? []);
  const list = await wholeInput(surroundings);
  const { report } = surroundings;
  const { onBadLine, reportCount } = badLines(surroundings);

  async function* traps(): AsyncGenerator<TrappedEntry> {
    for await (const item of parseAddressList(list, { onBadLine })) {
      for (const ip of expanded(item, max, report)) {
        if (spared.check(ip)) report(`left out: ${ip} is excepted`);
        else yield { type: 'trapped', ip, timestamp, expires };
      }
    }
  }
  surroundings.print(await send(traps(), values, report));
  reportCount();
});

async function addressesOf(files: readonly string[]): Promise<BlockList> {
  const list = new BlockList();
  for (const file of files) {
    const onBadLine = ({ message }: Error) => {
      throw new Error(`${file}: ${message}`);
    };
    for await (const { address, prefix } of parseAddressList(createReadStream(file), { onBadLine })) {
      list.addSubnet(address, prefix, isIPv4(address) ? 'ipv4' : 'ipv6');
    }
  }
  return list;
}

/** The addresses of a network, if they are not too many. The protocol knows IPv4 addresses and nothing else. */
function expanded({ address, prefix }: AddressListItem, max: number, report: Surroundings['report']): string[] {
  if (!isIPv4(address)) {
    report(`left out: ${address} is IPv6, which has no form on the wire`);
    return [];
  }
  const size = 2 ** (32 - prefix);
  if (size > max) {
    report(`left out: ${address}/${prefix} has ${size} addresses, see --expand`);
    return [];
  }
  const number = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const first = number - (number % size);
  return Array.from({ length: size }, (_, at) => {
    const next = first + at;
    return [next >>> 24, (next >>> 16) & 255, (next >>> 8) & 255, next & 255].join('.');
  });
}

await runProgram(import.meta.url, 'send-traps', main);
