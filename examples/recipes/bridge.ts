/** Joins a spamd group and a greyd group: what one announces is announced to the other, in its dialect. */
import { parseArgs } from 'node:util';
import { type Entry, SyncKey, SyncPeer } from 'spamd-sync';
import { command, counted, runProgram, type Surroundings, whole } from './common.ts';

const USAGE = `usage: node --import tsx examples/recipes/bridge.ts --spamd-listen at --spamd-target host... [--spamd-key file] [--spamd-port port]
           --greyd-listen at --greyd-target host... [--greyd-key file] [--greyd-port port] [--greyd-group address]

Listen and targets are as spamd's -y and -Y: addresses or, for multicast, an interface. The key file is by
default /etc/mail/spamd.key, and for greyd the same one. Interrupt it to stop, and to see how much it passed on.`;

const OPTIONS = {
  'spamd-listen': { type: 'string' },
  'spamd-target': { type: 'string', multiple: true },
  'spamd-key': { type: 'string' },
  'spamd-port': { type: 'string' },
  'greyd-listen': { type: 'string' },
  'greyd-target': { type: 'string', multiple: true },
  'greyd-key': { type: 'string' },
  'greyd-port': { type: 'string' },
  'greyd-group': { type: 'string' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

export const main = command('bridge', USAGE, async (args, surroundings) => {
  const { values } = parseArgs({ args, options: OPTIONS });
  const spamd = await openSide('spamd', values, '224.0.1.240');
  const greyd = await openSide('greyd', values, values['greyd-group'] ?? '224.0.1.241').catch(
    async (error: unknown) => {
      await spamd.close();
      throw error;
    },
  );
  const passedOn = new PassedOn();
  forward('spamd group', spamd, greyd, passedOn, surroundings);
  forward('greyd group', greyd, spamd, passedOn, surroundings);
  surroundings.print('bridging');
  await new Promise<void>((resolve) => surroundings.onInterrupt(resolve));
  await Promise.all([spamd.close(), greyd.close()]);
});

async function openSide(dialect: 'spamd' | 'greyd', values: Values, group: string): Promise<SyncPeer> {
  const listen = values[`${dialect}-listen`];
  const targets = values[`${dialect}-target`];
  if (listen === undefined || targets === undefined) {
    throw new Error(`--${dialect}-listen and --${dialect}-target: give both`);
  }
  return SyncPeer.open({
    key: await SyncKey.fromFile(values[`${dialect}-key`] ?? values['spamd-key'] ?? '/etc/mail/spamd.key'),
    listen,
    targets: targets.map((host) => ({ host, dialect })),
    port: whole(`--${dialect}-port`, values[`${dialect}-port`] ?? '8025', 1, 65_535),
    group,
  });
}

function forward(
  name: string,
  from: SyncPeer,
  to: SyncPeer,
  passedOn: PassedOn,
  { print, report }: Surroundings,
): void {
  let count = 0;
  from.on('entry', (entry) => {
    // A WHITE that expires at 0 is only a freshness marker.
    if ((entry.type === 'white' && entry.expires === 0) || !passedOn.add(entry)) return;
    count++;
    to.announce([entry], { backdated: true }).catch((error: Error) => report(`not passed on: ${error.message}`));
  });
  from.on('warning', ({ message }) => report(`${name}: ${message}`));
  for (const { target, address } of from.health().targets)
    if (address === undefined) report(`${name}: target ${target} does not resolve, will be looked up again`);
  from.on('close', () => print(`${name}: ${counted(count, 'entry', 'entries')} passed on`));
}

/** So many entries are remembered: more than come by in the ten minutes that a datagram is fresh. */
const REMEMBERED = 200_000;

/** What was passed on, in either direction, so that no entry goes round where there is another bridge. */
class PassedOn {
  readonly #seen = new Set<string>();

  /** @returns Whether it is new. */
  add(entry: Entry): boolean {
    const { type, ip, timestamp } = entry;
    const about =
      type === 'grey' ? [entry.helo, plain(entry.from), plain(entry.to)] : 'expires' in entry ? [entry.expires] : [];
    const key = JSON.stringify([type, ip, timestamp, ...about]);
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    const [oldest] = this.#seen;
    if (this.#seen.size > REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
    return true;
  }
}

/** A mail address as both dialects write it in the end. */
function plain(address: string): string {
  return address.replace(/[<>"\\]/g, '').toLowerCase();
}

await runProgram(import.meta.url, 'bridge', main);
