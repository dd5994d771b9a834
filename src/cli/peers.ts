import { Command } from 'commander';
import { systemClock } from '../clock.ts';
import type { ExchangePeer, ExchangeRefusal, ExchangeStats } from '../exchange/index.ts';
import type { PeerHealth, SourceHealth, TargetHealth } from '../index.ts';
import { RemotePeer } from '../socket/index.ts';
import { type HostState, stateOf } from '../status/index.ts';
import { askExchange, controlOption } from './options/control.ts';
import { exchangeLines } from './peers/exchange-table.ts';
import { STATES } from './peers/state-marks.ts';
import type { Io } from './terminal/io.ts';
import { Output } from './terminal/output.ts';
import { table } from './terminal/table-text.ts';
import { agoWords, counted, countsWords } from './terminal/words.ts';

interface Options {
  readonly control: string;
  readonly json?: boolean;
}

/** A host of the group: a source, a target that nothing came from, or both. */
interface Row extends Partial<Omit<SourceHealth, 'address'>> {
  readonly state: HostState;
  readonly address: string | undefined;
  readonly target: TargetHealth | undefined;
}

/** The state of a host at the exchange of state. */
interface ExchangeRow {
  readonly address: string | undefined;
  readonly exchange: ExchangePeer | (ExchangeRefusal & { readonly state: 'refused' });
}

export function peersCommand(io: Io): Command {
  return new Command('peers')
    .description(
      'shows the hosts of the group: when each was heard, its clock, its key, its drops, and the exchange of state with it',
    )
    .addOption(controlOption())
    .option('--json', 'one JSON object a line')
    .addHelpText('after', HELP)
    .action(async ({ control, json = false }: Options) => {
      await using peer = new RemotePeer(control);
      const health = await peer.health();
      const out = new Output(io.stdout, json);
      const rows = rowsOf(health);
      const exchange = await askExchange(control);
      if (json) for (const row of withExchange(rows, exchange)) await out.print(row, () => []);
      else await out.print({}, () => lines(health, rows, exchange, out));
    });
}

const HELP = `
State:
  * heard in the last 10 to 20 minutes    x another key
  + heard in the last 80 minutes          v another protocol, or damaged data
  ? not heard in the last 80 minutes      ! not named by --allow
  ~ its clock is off by more than a minute

Reach: an octal number with a bit for each of the last eight intervals of ten minutes, as in chronyc sources. 377: heard
in all of them; 1: heard only in the present one.

Exchange of state: a peer is connected (*), is not connected (?), has another key (x), or is no exchange (v). Last: when
a round in which the peer was asked for its records was last completed. Behind: how many records this host lacked in
that round. Taken, given: records received from the peer and sent to it. Key: the place of the key in the keyring, 0 for
the first.

Examples:
  spamd-sync peers --json | jq -r 'select(.state and .state != "heard") | .address'
  spamd-sync peers --json | jq -r '.exchange | select(.name and .state != "connected") | .name'`;

function rowsOf({ sources, targets }: PeerHealth): Row[] {
  const heard = sources.map((source) => ({
    state: stateOf(source),
    ...source,
    target: targets.find(({ address }) => address === source.address),
  }));
  const silent = targets
    .filter(({ multicast, address }) => !multicast && !sources.some((source) => source.address === address))
    .map((target): Row => ({ state: 'silent', address: target.address, target }));
  return [...heard, ...silent];
}

/** Each host with its state at the exchange, and then the hosts that are known only from the exchange. */
function withExchange(rows: readonly Row[], exchange: ExchangeStats | undefined): (Row | ExchangeRow)[] {
  const { peers = [], refusals = [] } = exchange ?? {};
  const others: ExchangeRow[] = [
    ...peers.map((peer) => ({ address: peer.address, exchange: peer })),
    ...refusals.map((refusal) => ({ address: refusal.address, exchange: { ...refusal, state: 'refused' as const } })),
  ];
  const hosts = rows.map((row) => {
    const at = others.findIndex(({ address }) => address !== undefined && address === row.address);
    return at < 0 ? row : { ...row, ...others.splice(at, 1)[0] };
  });
  return [...hosts, ...others];
}

function* lines(
  health: PeerHealth,
  rows: readonly Row[],
  exchange: ExchangeStats | undefined,
  out: Output,
): Generator<string, void> {
  const now = systemClock.now();
  const head = ['', 'address', 'reach', 'last', 'skew', 'lost', 'key', 'dialect', 'entries', 'drops'];
  const cells = rows.map(({ state, address, target, reach = 0, lastReceived, skew, lost = 0, ...row }) => [
    out.marked(STATES[state].mark, STATES[state].sign),
    address ?? `${target?.target} (does not resolve)`,
    reach.toString(8),
    lastReceived === undefined ? '-' : agoWords(now - lastReceived),
    skew === undefined ? '-' : `${skew > 0 ? '+' : ''}${skew} s`,
    `${lost}`,
    row.signedBy?.[0]?.fingerprint ?? '-',
    target?.dialect ?? '-',
    countsWords({ ...row.entries }),
    countsWords({ ...row.drops }),
  ]);
  yield* table([head, ...cells]);
  for (const { name, address, detail } of health.interfaces) {
    yield address === undefined ? out.marked('bad', `${name}: ${detail}`) : `${name}: ${address}`;
  }
  for (const { target, sent, failed, lastError } of health.targets) {
    const trouble = lastError === undefined ? '' : `, ${lastError.message}`;
    yield out.marked(
      failed > 0 ? 'bad' : 'dim',
      `to ${target}: ${counted(sent, 'datagram')} sent, ${failed} failed${trouble}`,
    );
  }
  if (exchange !== undefined) yield* exchangeLines(exchange, out);
}
