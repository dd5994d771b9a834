import { Command, Option } from 'commander';
import { systemClock } from '../clock.ts';
import type { PeerHealth } from '../index.ts';
import { RemotePeer } from '../socket/index.ts';
import { duration } from './options/arguments.ts';
import { controlOption } from './options/control.ts';
import { EXIT } from './terminal/failure.ts';
import type { Io } from './terminal/io.ts';
import { Output } from './terminal/output.ts';
import { table } from './terminal/table-text.ts';
import { agoWords } from './terminal/words.ts';

interface Options {
  readonly control: string;
  readonly within: number;
  readonly json?: boolean;
}

/** The key that a host signs with. `unknown`: a key that is not in the keyring. */
interface Use {
  readonly address: string;
  readonly key: 'current' | 'old' | 'unknown';
  readonly fingerprint: string | undefined;
  readonly lastReceived: number | undefined;
  /** Whether the key counts as in use. */
  readonly inUse: boolean;
}

export function keysCommand(io: Io): Command {
  return new Command('keys')
    .description('shows which host signs with which key of the keyring; exit status 1 while an old key is in use')
    .addOption(controlOption())
    .addOption(
      new Option('--within <duration>', 'an old key is in use if it was seen within this time')
        .argParser(duration)
        .default(3600, '1h'),
    )
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
The first key of the keyring is the current one, all others are old. An old key is in use if it was seen within the time
of --within. It is also in use if it signed the last datagram of a host, however long ago.

Example:
  until spamd-sync keys > /dev/null; do sleep 60; done`,
    )
    .action(async ({ control, within, json = false }: Options) => {
      await using peer = new RemotePeer(control);
      const health = await peer.health();
      const uses = usesOf(health, systemClock.now() - within);
      const out = new Output(io.stdout, json);
      if (json) for (const use of uses) await out.print(use, () => []);
      else await out.print({}, () => lines(health, uses, out));
      if (uses.some(({ key, inUse }) => key === 'old' && inUse)) io.exit = EXIT.no;
    });
}

function usesOf({ sources, keys }: PeerHealth, since: number): Use[] {
  return sources.flatMap(({ address, signedBy, drops }): Use[] => {
    const known = signedBy.map(({ fingerprint, lastReceived }, at): Use => {
      const key = fingerprint === keys[0] ? 'current' : keys.includes(fingerprint) ? 'old' : 'unknown';
      return { address, key, fingerprint, lastReceived, inUse: at === 0 || lastReceived >= since };
    });
    const other: Use = { address, key: 'unknown', fingerprint: undefined, lastReceived: undefined, inUse: true };
    return (drops.auth ?? 0) > 0 && known.length === 0 ? [other] : known;
  });
}

function* lines({ keys }: PeerHealth, uses: readonly Use[], out: Output): Generator<string, void> {
  const now = systemClock.now();
  yield `signing with ${keys[0]}${keys.length > 1 ? `; old: ${keys.slice(1).join(', ')}` : ''}`;
  const cells = uses.map(({ address, key, fingerprint, lastReceived, inUse }) => [
    address,
    out.marked(key === 'current' ? 'good' : inUse ? 'bad' : 'dim', key === 'old' && !inUse ? 'old, given up' : key),
    fingerprint ?? 'none of the keyring',
    lastReceived === undefined ? '-' : agoWords(now - lastReceived),
  ]);
  yield* table([['address', 'key', 'fingerprint', 'last'], ...cells]);
}
