import { createHash } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Command, Option } from 'commander';
import { type Dialect, type Entry, SyncPeer, type TrappedEntry, type WhiteEntry } from '../index.ts';
import { append, port } from './options/arguments.ts';
import { type GroupOptions, peerOptions, SPAMD_GROUP, SPAMD_PORT } from './options/group.ts';
import { Interrupt } from './terminal/interrupt.ts';
import type { Io } from './terminal/io.ts';
import { logTo } from './terminal/log.ts';
import { Output } from './terminal/output.ts';
import { counted } from './terminal/words.ts';
import { isMarker } from './watch/traffic.ts';

const SIDES = ['a', 'b'] as const;
type Side = (typeof SIDES)[number];

/** The options of both sides, as commander names them: `aListen`, `bTarget`. */
type Options = {
  readonly [K in `${Side}Listen` | `${Side}Group`]?: string;
} & {
  readonly [K in `${Side}Target` | `${Side}Key` | `${Side}Allow`]?: readonly string[];
} & {
  readonly [K in `${Side}Port`]?: number;
} & {
  readonly [K in `${Side}Dialect`]: Dialect;
} & { readonly emptyKey?: boolean; readonly json?: boolean };

/** How many entries are remembered, in 22 bytes each and what a set needs: more than come while a datagram is fresh. */
const REMEMBERED = 200_000;

export function bridgeCommand(io: Io): Command {
  const command = new Command('bridge').description(
    'joins two groups: an entry that one announces is announced to the other, in its dialect',
  );
  for (const side of SIDES) {
    const is = groupWords(side);
    command
      .requiredOption(`--${side}-listen <where>`, `${is}: an interface or a local IPv4 address, as spamd -y`)
      .requiredOption(
        `--${side}-target <where>`,
        `${is}: a host, an IPv4 address or an interface, as spamd -Y; repeatable`,
        append,
      )
      .option(`--${side}-key <file>`, keyWords(side), append)
      .option(`--${side}-port <port>`, `${is}: the UDP port (default: ${SPAMD_PORT})`, port)
      .option(`--${side}-group <address>`, `${is}: the multicast group (default: ${SPAMD_GROUP})`)
      .option(
        `--${side}-allow <network>`,
        `${is}: accept datagrams only from this address or prefix; repeatable (default for an interface: its networks)`,
        append,
      )
      .addOption(
        new Option(`--${side}-dialect <dialect>`, `${is}: what runs at its targets`)
          .choices(['spamd', 'greyd'])
          .default('spamd'),
      );
  }
  return command
    .option('--empty-key', 'both groups: use no key, as spamd without a key file; authenticates nothing')
    .option('--json', 'the report as one JSON object')
    .addHelpText(
      'after',
      `
No entry goes round, even if there is another bridge. Removals are not passed on. The command runs until Ctrl-C, then
ends with 0 and reports how many entries it passed on.

Example:
  spamd-sync bridge --a-listen em0 --a-target em0 --b-listen em1 --b-target em1 --b-group 224.0.1.241 --b-dialect greyd`,
    )
    .action((options: Options) => bridge(io, options));
}

function groupWords(side: Side): string {
  return side === 'a' ? 'first group' : 'second group';
}

function keyWords(side: Side): string {
  const without = side === 'a' ? '/etc/mail/spamd.key' : 'the key of the first group';
  return `${groupWords(side)}: its key file; repeatable: the first key signs, all are accepted (default: ${without})`;
}

async function bridge(io: Io, options: Options): Promise<void> {
  using interrupt = new Interrupt();
  const failure = new AbortController();
  const ended = new Promise<void>((resolve, reject) => {
    interrupt.signal.addEventListener('abort', () => resolve());
    failure.signal.addEventListener('abort', () => reject(failure.signal.reason));
  });
  ended.catch(() => {});
  io.isServing = true;
  const peers: SyncPeer[] = [];
  const passedOn = new PassedOn();
  const counts = { fromA: 0, fromB: 0, failed: 0 };
  const report = logTo(io.stderr);
  try {
    for (const side of SIDES) {
      const peer = await openSide(options, side);
      peers.push(peer);
      // Listens at once: the peer warns of its key while the other is opened, and an error without a listener ends the
      // process.
      peer.on('warning', ({ code, message }) => {
        // Without --allow, datagrams of hosts of the other side are refused on purpose, see `networksOf`.
        if (code !== 'WARN_SPAMD_SOURCE' || options[`${side}Allow`] !== undefined) report(`${side}: ${message}`);
      });
      peer.on('error', (error) => failure.abort(error));
    }
    const [a, b] = peers as [SyncPeer, SyncPeer];
    const pass = (side: Side, to: SyncPeer) => (entry: Entry) => {
      if (!passedOn.takes(entry)) return;
      counts[side === 'a' ? 'fromA' : 'fromB']++;
      // The entry keeps its time, because a second bridge recognises it by its time too.
      to.announce([entry], { backdated: true }).catch((error: Error) => {
        counts.failed++;
        report(`not passed on: ${error.message}`);
      });
    };
    a.on('entry', pass('a', b));
    b.on('entry', pass('b', a));
    report('bridging');
    await ended;
  } finally {
    for (const peer of peers) await peer.close();
  }
  io.isServing = false;
  await new Output(io.stdout, options.json ?? false).print(counts, () => [
    `${counted(counts.fromA, 'entry', 'entries')} passed on from the first group, ${counts.fromB} from the second`,
  ]);
}

async function openSide(options: Options, side: Side): Promise<SyncPeer> {
  const listen = options[`${side}Listen`] ?? '';
  const target = options[`${side}Target`] ?? [];
  const key = options[`${side}Key`] ?? options.aKey;
  const allow = options[`${side}Allow`] ?? networksOf(listen);
  const udp = options[`${side}Port`];
  const group = options[`${side}Group`];
  const given: GroupOptions = {
    listen,
    target,
    dialect: options[`${side}Dialect`],
    ...(key === undefined ? {} : { key }),
    ...(options.emptyKey === undefined ? {} : { emptyKey: options.emptyKey }),
    ...(udp === undefined ? {} : { port: udp }),
    ...(group === undefined ? {} : { group }),
    ...(allow === undefined ? {} : { allow }),
  };
  return SyncPeer.open(await peerOptions(given));
}

/**
 * The networks on an interface. A socket that has joined a group on one interface also receives, on Linux, what comes
 * to that group on any other interface. Without this check, datagrams of the other side would be taken for datagrams of
 * this side, and be sent back.
 */
function networksOf(listen: string): readonly string[] | undefined {
  if (isIPv4(listen)) return undefined;
  const own = (networkInterfaces()[listen] ?? []).filter(({ family }) => family === 'IPv4');
  return own.length === 0 ? undefined : own.map(({ cidr, address }) => cidr ?? `${address}/32`);
}

/** The entries that were passed on, in either direction, so that no entry goes round if there is another bridge. */
class PassedOn {
  readonly #seen = new Set<string>();

  /** @returns Whether the entry is new, and has a form in both groups. */
  takes(entry: Entry): boolean {
    const { type, ip, timestamp } = entry;
    if (isMarker(entry) || type === 'remove-white' || type === 'remove-trapped') return false;
    const about =
      type === 'grey'
        ? [entry.helo, plain(entry.from), plain(entry.to)]
        : [(entry as WhiteEntry | TrappedEntry).expires];
    const text = JSON.stringify([type, ip, timestamp, ...about]);
    const digest = createHash('sha256').update(text).digest('base64').slice(0, 22);
    if (this.#seen.has(digest)) return false;
    this.#seen.add(digest);
    const [oldest] = this.#seen;
    if (this.#seen.size > REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
    return true;
  }
}

/** A mail address in the form that both dialects end up with. */
function plain(address: string): string {
  return address.replaceAll(/[<>"\\]/g, '').toLowerCase();
}
