/** Everything that happens to a group, drawn from a seed before any of it does. */
import type { Random } from '../../src/transport/random.ts';

export const MINUTE = 60;
export const HOUR = 3600;
export const DAY = 86_400;

/** The clients that come again and again, so that what hosts decide of them meets. */
export const CLIENTS = Array.from({ length: 16 }, (_, i) => `198.51.100.${i + 1}`);
/** Addresses that the malicious member makes up. */
export const LIED = Array.from({ length: 20 }, (_, i) => `192.0.2.${i + 1}`);
export const SPAMTRAP = 'trap@example.net';

/** How far a host's clock may be off, before or after, seconds. */
const MAX_OFF = 5 * MINUTE;

export interface ScheduleOptions {
  readonly peers: number;
  readonly days: number;
  /** How many attempts and decisions of operators there are in a day, anywhere in the group. */
  readonly eventsADay: number;
  /** Nothing fails, nobody lies, and no datagram is lost: they are only doubled and overtake each other. */
  readonly calm: boolean;
}

/** What a host starts again with: its store; a snapshot taken earlier, if there is one; or nothing. */
export type Kept = 'store' | 'snapshot' | 'nothing';

export const LIES = ['claims', 'greys', 'flood', 'replay', 'mutation', 'malformed'] as const;
export type Lie = (typeof LIES)[number];

export type Happening =
  | { readonly type: 'attempt'; readonly host: number; readonly ip: string; readonly from: string; readonly to: string }
  | { readonly type: 'allow' | 'trap'; readonly host: number; readonly ip: string; readonly lasts: number | undefined }
  | { readonly type: 'forget'; readonly host: number; readonly ip: string }
  | { readonly type: 'bulk'; readonly host: number; readonly first: number }
  | {
      readonly type: 'weather';
      readonly loss: number;
      readonly duplication: number;
      readonly reordering: number;
      readonly latency: readonly [number, number];
    }
  /** What those on one side send reaches none of the others; and the other way, unless it is one-way. */
  | { readonly type: 'cut'; readonly id: number; readonly side: readonly number[]; readonly oneWay: boolean }
  | { readonly type: 'join'; readonly id: number }
  | { readonly type: 'snapshot'; readonly host: number }
  /** A host that is killed sends nothing of what it has queued. */
  | { readonly type: 'stop'; readonly host: number; readonly killed: boolean }
  | { readonly type: 'start'; readonly host: number; readonly kept: Kept }
  | { readonly type: 'clock'; readonly host: number; readonly off: number }
  /** The three steps of docs/security.md: accept the new key; sign with it; drop the old one. */
  | { readonly type: 'rotate'; readonly host: number; readonly step: 1 | 2 | 3 }
  /** The malicious member gets the new key, as all others do, or is left with the old one. */
  | { readonly type: 'new-key' }
  | { readonly type: 'lie'; readonly lie: Lie; readonly seed: number };

/** Something, and how many seconds after the start it happens. */
export type Scheduled = Happening & { readonly at: number };

export function schedule(random: Random, options: ScheduleOptions): Scheduled[] {
  const draw = new Draw(random, options);
  draw.clients();
  if (options.calm) draw.calmWeather();
  else {
    draw.weather();
    draw.cuts();
    draw.restarts();
    draw.clocks();
    draw.rotation();
    draw.lies();
  }
  // Sorting is stable: of one moment, what was drawn first comes first.
  return draw.drawn.sort((a, b) => a.at - b.at);
}

class Draw {
  readonly drawn: Scheduled[] = [];
  readonly #random: Random;
  readonly #options: ScheduleOptions;
  readonly #end: number;

  constructor(random: Random, options: ScheduleOptions) {
    this.#random = random;
    this.#options = options;
    this.#end = options.days * DAY;
  }

  clients(): void {
    const { chance, next, pick, below } = this.#random;
    const { days, eventsADay } = this.#options;
    for (let left = days * eventsADay; left > 0; left--) {
      const at = next() * this.#end;
      const ip = pick(CLIENTS);
      this.#client(at, ip);
      // At another host within the same seconds: what they announce crosses on its way.
      if (chance(0.2)) {
        this.#client(at + pick([0, 0.5, 1, 3]), ip);
        left--;
      }
    }
    for (let left = Math.ceil(days / 10); left > 0; left--) {
      this.#add(next() * this.#end, { type: 'bulk', host: this.#host(), first: below(100) });
    }
  }

  calmWeather(): void {
    this.#add(0, { type: 'weather', loss: 0, duplication: 0.05, reordering: 0.05, latency: [0.001, 0.2] });
  }

  weather(): void {
    const { pick, next } = this.#random;
    for (let at = 0; at < this.#end; at += (2 + 20 * next()) * HOUR) {
      const loss = pick([0, 0, 0.3 * next(), 0.3]);
      const latency = pick([
        [0.001, 0.001],
        [0.001, 0.2],
        [0.1, 3],
      ] as const);
      this.#add(at, { type: 'weather', loss, duplication: pick([0, 0.3]), reordering: pick([0, 0.1, 0.5]), latency });
    }
  }

  cuts(): void {
    const { pick, next, chance } = this.#random;
    for (let id = 0, at = next() * DAY; at < this.#end; id++, at += 3 * DAY * next()) {
      const share = pick([1 / this.#options.peers, 0.2, 0.5]);
      const side = this.#hosts().filter(() => chance(share));
      this.#add(at, { type: 'cut', id, side, oneWay: chance(0.4) });
      this.#add(at + (0.2 + 12 * next()) * HOUR, { type: 'join', id });
    }
  }

  restarts(): void {
    const { pick, next, chance } = this.#random;
    for (const host of this.#hosts()) {
      const slots = pick([0, 1, 1, 2]);
      for (let slot = 0; slot < slots; slot++) {
        const length = this.#end / slots;
        const at = (slot + 0.1 + 0.5 * next()) * length;
        const kept = pick(['store', 'snapshot', 'nothing'] as const);
        if (kept === 'snapshot') this.#add(at - 0.1 * length * next(), { type: 'snapshot', host });
        this.#add(at, { type: 'stop', host, killed: chance(0.5) });
        // Short enough at times that what was recorded before could be replayed to it.
        this.#add(at + pick([0, 2, 90, HOUR * next(), 0.3 * length * next()]), { type: 'start', host, kept });
      }
    }
  }

  clocks(): void {
    const { pick, next } = this.#random;
    for (const host of this.#hosts()) {
      const off = () =>
        pick([0, 0, Math.round(20 * (next() - 0.5)), 2 * MAX_OFF * (next() - 0.5), pick([-1, 1]) * MAX_OFF]);
      this.#add(0, { type: 'clock', host, off: off() });
      // Slowly at most times, in one step when somebody sets it.
      for (let at = this.#end * next(); at < this.#end; at += this.#end * next())
        this.#add(at, { type: 'clock', host, off: off() });
    }
  }

  rotation(): void {
    const { next, chance } = this.#random;
    const begin = (0.3 + 0.2 * next()) * this.#end;
    const pause = 0.1 * this.#end;
    for (const step of [1, 2, 3] as const) {
      for (const host of this.#hosts()) {
        this.#add(begin + (step - 1 + 0.8 * next()) * pause, { type: 'rotate', host, step });
      }
    }
    if (chance(0.5)) this.#add(begin + pause, { type: 'new-key' });
  }

  lies(): void {
    const { next, chance, pick, below } = this.#random;
    const lie = (lie: Lie, at: number) => this.#add(at, { type: 'lie', lie, seed: below(2 ** 32) });
    for (let left = this.#options.days * 4; left > 0; left--) {
      lie(
        chance(0.01) ? 'flood' : pick(['claims', 'claims', 'greys', 'replay', 'replay', 'mutation', 'malformed']),
        next() * this.#end,
      );
    }
    // Right after hosts stopped: their replay windows are gone with them.
    for (const { type, at } of [...this.drawn]) if (type === 'start' && chance(0.5)) lie('replay', at + 60 * next());
  }

  #client(at: number, ip: string): void {
    const { next, chance, pick } = this.#random;
    const { calm } = this.#options;
    const host = this.#host();
    const kind = next();
    const lasts = chance(0.3) ? Math.ceil(20 * HOUR * next()) : chance(0.05) && !calm ? 400 * DAY : undefined;
    if (kind < 0.08) this.#add(at, { type: 'allow', host, ip, lasts });
    else if (kind < 0.13) this.#add(at, { type: 'trap', host, ip, lasts });
    else if (kind < 0.18) this.#add(at, { type: 'forget', host, ip });
    else {
      const to = chance(0.02) ? `<${SPAMTRAP}>` : '<someone@example.net>';
      const from = pick(['<>', '<a@example.org>', '<B@example.org>']);
      this.#add(at, { type: 'attempt', host, ip, from, to });
      if (chance(0.5)) {
        const again = at + pick([MINUTE, 26 * MINUTE, (0.5 + 4 * next()) * HOUR]);
        this.#add(again, { type: 'attempt', host: this.#host(), ip, from, to });
      }
    }
  }

  #hosts(): number[] {
    return [...Array(this.#options.peers).keys()];
  }

  #host(): number {
    return this.#random.below(this.#options.peers);
  }

  /** In whole microseconds, as the clock counts. What would come after the end does not come. */
  #add(at: number, happening: Happening): void {
    const scheduled = { at: Math.round(Math.max(0, at) * 1e6) / 1e6, ...happening };
    // What begins must end.
    const ends = happening.type === 'start' || happening.type === 'join';
    if (at < this.#end || ends)
      this.drawn.push(ends ? { ...scheduled, at: Math.min(scheduled.at, this.#end) } : scheduled);
  }
}
