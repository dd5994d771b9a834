import { Child } from './child.ts';
import type { Heard, ListenerCalls } from './listener.ts';
import type { Part, Row } from './part.ts';
import type { SenderCalls, Sent } from './sender.ts';
import { count } from './table.ts';
import { compare, median } from './timing.ts';

type By = 'peer' | 'socket';
const SIDES = ['peer', 'socket'] as const satisfies readonly By[];
type Listeners = Readonly<Record<By, Child<ListenerCalls>>>;

interface Turn {
  readonly sent: Sent;
  readonly heard: Heard;
}

export const receive: Part = {
  name: 'receive',
  title: 'Receive flat out, datagrams a second, against a bare socket that only counts',
  async run(quick) {
    await using peer = new Child<ListenerCalls>('listener');
    await using socket = new Child<ListenerCalls>('listener');
    await using single = new Load('1 WHITE', 1, quick ? 60_000 : 200_000);
    await using full = new Load('85 WHITE', 85, quick ? 15_000 : 40_000);
    const loads = [single, full];
    for (const load of loads) await load.prepare();

    const listeners = { peer, socket };
    // The first round is for warming up.
    for (let round = 0; round <= (quick ? 3 : 9); round++) {
      for (const load of loads) for (const by of SIDES) await load.turn(listeners[by], by, round > 0);
    }
    for (const load of loads) await load.drain(listeners);

    const entries = compare(full.turns.peer.map(secondsAnEntry), single.turns.peer.map(secondsAnEntry));
    return [
      ...rowsOf(single, 0.5),
      ...rowsOf(full),
      {
        what: 'entries/s delivered, 85 against 1 a datagram',
        ours: count(1 / entries.ours),
        against: count(1 / entries.other),
        ratio: entries.ratio,
        atLeast: 15,
      },
    ];
  },
};

/** The same datagrams for both sides, and how these fared with them. */
class Load implements AsyncDisposable {
  readonly name: string;
  readonly #perDatagram: number;
  readonly #datagrams: number;
  readonly #sender = new Child<SenderCalls>('sender');
  readonly turns: Record<By, Turn[]> = { peer: [], socket: [] };
  /** Seconds a datagram. */
  readonly drains: Record<By, number[]> = { peer: [], socket: [] };

  constructor(name: string, perDatagram: number, datagrams: number) {
    this.name = name;
    this.#perDatagram = perDatagram;
    this.#datagrams = datagrams;
  }

  async prepare(): Promise<void> {
    await this.#sender.ask('prepare', { kind: 'white', datagrams: this.#datagrams, perDatagram: this.#perDatagram });
  }

  /** Sends everything as fast as it goes. */
  async turn(listener: Child<ListenerCalls>, by: By, counts: boolean): Promise<void> {
    const { port } = await listener.ask('open', { by });
    const sent = await this.#sender.ask('send', { port, from: 0, count: this.#datagrams, rate: 0 });
    const heard = await listener.ask('heard', undefined);
    await listener.ask('close', undefined);
    if (counts) this.turns[by].push({ sent, heard });
  }

  /** Takes the sender out of the measurement: it fills the receive buffer while the listener sleeps. */
  async drain(listeners: Listeners): Promise<void> {
    const opened = { peer: await open(listeners, 'peer'), socket: await open(listeners, 'socket') };
    // Half a buffer, reckoning with what the kernel needs to keep a datagram.
    const room = opened.peer.receiveBuffer / 2 / (this.#perDatagram === 1 ? 1024 : 3072);
    const batch = Math.floor(Math.min(room, this.#datagrams / 4));
    for (let from = 0; from + batch <= this.#datagrams; from += batch) {
      for (const by of SIDES) {
        const drained = listeners[by].ask('drain', by === 'peer' ? batch * this.#perDatagram : batch);
        await this.#sender.ask('send', { port: opened[by].port, from, count: batch, rate: 0 });
        this.drains[by].push((await drained).seconds / batch);
      }
    }
    for (const by of SIDES) await listeners[by].ask('close', undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#sender[Symbol.asyncDispose]();
  }
}

function open(listeners: Listeners, by: By): Promise<{ port: number; receiveBuffer: number }> {
  return listeners[by].ask('open', { by });
}

const secondsAnEntry = ({ heard }: Turn) => heard.seconds / heard.entries;
const secondsADatagram = ({ heard }: Turn) => heard.seconds / heard.datagrams;
const cpuADatagram = ({ heard }: Turn) => (heard.cpuSeconds / heard.datagrams) * 1e6;
const offered = ({ sent }: Turn) => sent.datagrams / sent.seconds;

function rowsOf({ name, turns: { peer, socket }, drains }: Load, atLeast?: number): Row[] {
  const taken = compare(peer.map(secondsADatagram), socket.map(secondsADatagram));
  const work = compare(peer.map(cpuADatagram), socket.map(cpuADatagram));
  const drained = compare(drains.peer, drains.socket);
  return [
    {
      what: `taken in, ${name}`,
      ours: count(1 / taken.ours),
      against: count(1 / taken.other),
      ratio: taken.ratio,
      ...(atLeast !== undefined && { atLeast }),
    },
    {
      what: '  offered meanwhile',
      ours: count(median(peer.map(offered))),
      against: count(median(socket.map(offered))),
    },
    {
      what: '  CPU a datagram',
      ours: `${work.ours.toFixed(2)} us`,
      against: `${work.other.toFixed(2)} us`,
      ratio: work.ratio,
    },
    { what: '  lost: by the kernel; refused; unaccounted', ours: lost(peer), against: lost(socket) },
    {
      what: '  from a full receive buffer, sender at rest',
      ours: count(1 / drained.ours),
      against: count(1 / drained.other),
      ratio: drained.ratio,
    },
  ];
}

function lost(turns: readonly Turn[]): string {
  const sum = (of: (turn: Turn) => number) => turns.reduce((total, turn) => total + of(turn), 0);
  const sent = sum((each) => each.sent.datagrams);
  const kernel = sum((each) => each.heard.kernelDrops ?? 0);
  const refused = sum((each) => Object.values(each.heard.drops).reduce((total, drops) => total + drops, 0));
  const missing = sent - kernel - sum((each) => each.heard.datagrams);
  return `${((kernel / sent) * 100).toFixed(1)}%; ${count(refused)}; ${count(missing)}`;
}
