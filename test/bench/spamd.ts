import { readdir, readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import type { Daemon } from '../interop/daemon.ts';
import { spamdPrograms } from '../interop/named.ts';
import { LOOPBACK, onLoopback } from '../interop/places.ts';
import { startSpamd } from '../interop/spamd.ts';
import { Child } from './child.ts';
import type { Keeps, Kept, MemberCalls } from './member.ts';
import type { Part, Row } from './part.ts';
import { KEY_FILE, type Kind } from './samples.ts';
import type { SenderCalls } from './sender.ts';
import { count, megabytes } from './table.ts';
import { compare, median } from './timing.ts';

const RATES = [1000, 10_000] as const;
const KINDS = ['white', 'grey'] as const satisfies readonly Kind[];
/** What of spamd's CPU time an entry kept on the disk may cost at most: half. */
const AT_LEAST = 2;
/** Sent first and not counted, one part in so many: a program that has just started is compiling. */
const WARM_UP_PART = 5;
const MAX_RESIDENT = 100 * 2 ** 20;
/** spamd writes its database behind what it receives: so long with next to nothing done, it was all. */
const SILENCE_MS = 2000;
const IDLE_CPU = 0.001;

/** One that receives and keeps. */
interface Keeper extends AsyncDisposable {
  readonly name: string;
  readonly to: string;
  readonly port: number;
  readonly key: string | null;
  begin(): Promise<void>;
  /** Once nothing more comes in, and what came in is kept. */
  kept(): Promise<Kept>;
  /** How many entries are there after it has closed; `undefined` where that says nothing. */
  end(): Promise<number | undefined>;
}

interface Measured {
  readonly keeper: string;
  readonly kind: Kind;
  readonly rate: number;
  readonly cpuAnEntry: number;
  readonly lost: number;
  /** Lost before the process got them. */
  readonly missed: number | undefined;
  readonly residentBytes: number;
}

export const spamd: Part = {
  name: 'spamd',
  title: 'An entry verified and kept, one a datagram, against a real spamd',
  async run(quick) {
    const programs = spamdPrograms;
    if (programs === undefined) return [{ what: 'skipped', ours: 'no spamd is named: set SPAMD and SPAMDB' }];
    const entries = quick ? 5000 : 20_000;
    const starts: (() => Promise<Keeper>)[] = [
      async () => new RealSpamd(await startSpamd(programs, onLoopback, false)),
      () => OurMember.start('nothing'),
      () => OurMember.start('memory'),
      () => OurMember.start('batched'),
    ];
    await using sender = new Child<SenderCalls>('sender');
    const all: Measured[] = [];
    // In turns, so that a machine that is busy is so for all of them.
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      for (const rate of RATES) for (const start of starts) all.push(...(await measure(start, sender, rate, entries)));
    }
    return RATES.flatMap((rate) => {
      const at = all.filter((one) => one.rate === rate);
      return [...KINDS.flatMap((kind) => rowsOf(at, kind, rate)), ...residentRows(at, rate)];
    });
  },
};

/** WHITE first and GREY behind them, so that in the end it holds both. */
async function measure(
  start: () => Promise<Keeper>,
  sender: Child<SenderCalls>,
  rate: number,
  entries: number,
): Promise<Measured[]> {
  await using keeper = await start();
  const measured: Measured[] = [];
  let held = 0;
  for (const kind of KINDS) {
    await sender.ask('prepare', { kind, datagrams: entries, perDatagram: 1, key: keeper.key });
    const warmUp = entries / WARM_UP_PART;
    const measuredOf = entries - warmUp;
    await sender.ask('send', { to: keeper.to, port: keeper.port, from: 0, count: warmUp, rate });
    const before = (await keeper.kept()).entries;
    await keeper.begin();
    await sender.ask('send', { to: keeper.to, port: keeper.port, from: warmUp, count: measuredOf, rate });
    const kept = await keeper.kept();
    const here = kept.entries - before;
    held = kept.entries;
    measured.push({
      keeper: keeper.name,
      kind,
      rate,
      cpuAnEntry: (kept.cpuSeconds / here) * 1e6,
      lost: measuredOf - here,
      missed: kept.received === undefined ? undefined : measuredOf - kept.received,
      residentBytes: kept.residentBytes,
    });
  }
  const found = await keeper.end();
  if (found !== undefined && found !== held) throw new Error(`${keeper.name}: ${held} were kept, ${found} are there`);
  return measured;
}

class OurMember implements Keeper {
  readonly #keeps: Keeps;
  readonly #process: Child<MemberCalls>;
  readonly name: string;
  readonly to = '127.0.0.1';
  readonly port: number;
  readonly key = KEY_FILE.toString();

  private constructor(keeps: Keeps, process: Child<MemberCalls>, port: number) {
    this.#keeps = keeps;
    this.#process = process;
    this.name = keeps;
    this.port = port;
  }

  static async start(keeps: Keeps): Promise<OurMember> {
    const process = new Child<MemberCalls>('member');
    return new OurMember(keeps, process, (await process.ask('open', { keeps })).port);
  }

  begin(): Promise<void> {
    return this.#process.ask('begin', undefined);
  }

  kept(): Promise<Kept> {
    return this.#process.ask('kept', undefined);
  }

  async end(): Promise<number | undefined> {
    const found = await this.#process.ask('close', undefined);
    return this.#keeps === 'batched' || this.#keeps === 'sync' ? found : undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}

class RealSpamd implements Keeper {
  readonly #daemon: Daemon;
  readonly name = 'spamd';
  readonly to = LOOPBACK.daemon;
  #before = 0;

  constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  get port(): number {
    return this.#daemon.syncPort;
  }

  get key(): string | null {
    return this.#daemon.key;
  }

  async begin(): Promise<void> {
    this.#before = await this.#cpuSeconds();
  }

  /** What a look at its database costs is not its own. */
  async kept(): Promise<Kept> {
    let before = -1;
    for (let now = await this.#cpuSeconds(); now - before > IDLE_CPU; now = await this.#cpuSeconds()) {
      before = now;
      await setTimeout(SILENCE_MS);
    }
    const cpuSeconds = (await this.#cpuSeconds()) - this.#before;
    const rows = await this.#daemon.rows();
    const resident = await Promise.all((await this.#processes()).map(residentBytes));
    return {
      entries: rows.length,
      received: undefined,
      cpuSeconds,
      residentBytes: resident.reduce((sum, bytes) => sum + bytes, 0),
    };
  }

  async end(): Promise<undefined> {}

  async #cpuSeconds(): Promise<number> {
    const each = await Promise.all((await this.#processes()).map(cpuSeconds));
    return each.reduce((sum, seconds) => sum + seconds, 0);
  }

  /** The one that was started and those that it has forked. */
  async #processes(): Promise<number[]> {
    const all = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(parentOf));
    const found = [this.#daemon.program.pid ?? 0];
    for (const process of found) found.push(...all.filter(({ parent }) => parent === process).map(({ pid }) => pid));
    return found;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#daemon[Symbol.asyncDispose]());
  }
}

async function parentOf(name: string): Promise<{ pid: number; parent: number }> {
  const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
  return { pid: Number(name), parent: Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1] ?? -1) };
}

/** How long a process has run, user and system, to the nanosecond; `stat` tells it in hundredths of a second. */
async function cpuSeconds(pid: number): Promise<number> {
  const [nanoseconds = '0'] = (await readFile(`/proc/${pid}/schedstat`, 'utf8')).split(' ');
  return Number(nanoseconds) / 1e9;
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

function rowsOf(all: readonly Measured[], kind: Kind, rate: number): Row[] {
  const of = (keeper: string) => all.filter((one) => one.kind === kind && one.keeper === keeper);
  const cost = (keeper: string) => of(keeper).map(({ cpuAnEntry }) => cpuAnEntry);
  const lost = (keeper: string) => of(keeper).reduce((sum, one) => sum + one.lost, 0);
  const missed = (keeper: string) => of(keeper).reduce((sum, one) => sum + (one.missed ?? 0), 0);
  const name = `${kind.toUpperCase()} at ${count(rate)}/s`;
  const row = (keeper: string, where: string, atLeast?: number): Row => {
    const { ours, other, ratio } = compare(cost(keeper), cost('spamd'));
    const what = `${name}, ${where}: CPU an entry`;
    return {
      what,
      ours: `${ours.toFixed(1)} us`,
      against: `${other.toFixed(1)} us`,
      ratio,
      ...(atLeast !== undefined && { atLeast }),
    };
  };
  return [
    row('nothing', 'a bare socket that keeps nothing'),
    row('memory', 'in memory'),
    row('batched', 'LevelStore, batched', AT_LEAST),
    {
      what: '  lost: in memory; LevelStore',
      ours: `${count(lost('memory'))}; ${count(lost('batched'))}`,
      against: count(lost('spamd')),
      sound: lost('memory') === 0 && lost('batched') === 0,
    },
    {
      what: '  of these by the kernel',
      ours: `${count(missed('memory'))}; ${count(missed('batched'))}`,
    },
  ];
}

/** With all that was kept. */
function residentRows(all: readonly Measured[], rate: number): Row[] {
  const last = all.filter(({ kind }) => kind === 'grey');
  const of = (keeper: string) => median(last.filter((one) => one.keeper === keeper).map((one) => one.residentBytes));
  return ['memory', 'batched'].map((keeper) => ({
    what: `resident after both at ${count(rate)}/s, ${keeper === 'memory' ? 'in memory' : 'LevelStore, batched'}`,
    ours: megabytes(of(keeper)),
    against: megabytes(of('spamd')),
    sound: of(keeper) < MAX_RESIDENT,
  }));
}
