/** Peers with an exchange on the loopback interface, and the ends of one that a test plays itself. */
import type { TcpSocketConnectOpts } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import {
  type Clock,
  type Entry,
  Greylist,
  type GreylistPolicy,
  type Group,
  type Keyring,
  MemoryStore,
  SyncKey,
} from 'spamd-sync';
import {
  Exchange,
  type ExchangeOptions,
  type ExchangePeer,
  type ExchangeRound,
  type ExchangeWarning,
} from 'spamd-sync/exchange';
import { type Store, stateOf } from 'spamd-sync/store';
import { systemClock } from '../../src/clock.ts';
import {
  MAX_MESSAGE,
  type Message,
  type MessageProperties,
  messageFrame,
  readMessage,
} from '../../src/exchange/messages.ts';
import { FrameReader } from '../../src/frames.ts';
import { NOW, read } from '../support/records.ts';

export const KEY = SyncKey.fromBytes(Buffer.from('the key of the group'));
export const OTHER_KEY = SyncKey.fromBytes(Buffer.from('another key'));
export const LOOPBACK = '127.0.0.1:0';
/** Rounds at the beginning of a connection alone. */
const NEVER = 86_400;

/** Timers that are a hundred times as fast, for what takes a while. */
export const FAST: Clock = {
  ...systemClock,
  setTimer: (seconds, task, options) => systemClock.setTimer(seconds / 100, task, options),
};
/** Rounds each few milliseconds, and all else in its own time. */
export const OFTEN = {
  interval: 1,
  clock: {
    ...systemClock,
    setTimer: (seconds, task, options) => systemClock.setTimer(seconds === 1 ? 0.01 : seconds, task, options),
  },
} as const satisfies { interval: number; clock: Clock };

/** A group that keeps what is announced to it, as one on spamd's wire. */
export class WireGroup implements Group {
  readonly announced: Entry[] = [];

  async announce(entries: Iterable<Entry>): Promise<void> {
    this.announced.push(...entries);
  }
}

export interface Peer extends AsyncDisposable {
  readonly exchange: Exchange;
  readonly greylist: Greylist;
  readonly store: Store;
  readonly wire: WireGroup;
  readonly rounds: ExchangeRound[];
  readonly warnings: ExchangeWarning[];
  /** What others name it by. */
  readonly at: string;
}

export interface PeerOptions extends Partial<Omit<ExchangeOptions, 'key'>> {
  readonly key?: SyncKey | Keyring;
  readonly policy?: Partial<GreylistPolicy>;
}

export async function peerWith({ policy = {}, ...options }: PeerOptions = {}): Promise<Peer> {
  const { store = new MemoryStore() } = options;
  const wire = new WireGroup();
  const exchange = new Exchange({ key: KEY, store, group: wire, interval: NEVER, listen: LOOPBACK, ...options });
  const { clock } = options;
  const greylist = new Greylist({ store: exchange.store, group: exchange, policy, sweepInterval: NEVER, clock });
  const rounds: ExchangeRound[] = [];
  const warnings: ExchangeWarning[] = [];
  exchange.on('round', (round) => void rounds.push(round));
  exchange.on('warning', (warning) => void warnings.push(warning));
  await exchange.open(greylist);
  const { address, port } = exchange.address ?? { address: 'nowhere', port: 0 };
  const close = async (): Promise<void> => {
    await exchange.close();
    await greylist.close();
  };
  return { exchange, greylist, store, wire, rounds, warnings, at: `${address}:${port}`, [Symbol.asyncDispose]: close };
}

/** The peers that are connected. */
export function connectedTo({ exchange }: Peer): readonly ExchangePeer[] {
  return exchange.stats().peers.filter(({ state }) => state === 'connected');
}

/** What an address is now, as spamd has it. */
export async function stateAt({ store }: Peer, ip: string): Promise<string> {
  const record = await read(store, ip);
  return (record && stateOf(record, NOW, false)?.type) ?? 'unknown';
}

/** Waits for what another end does, in turns of the event loop: there is nothing to be asked. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 5000; turn++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`never: ${condition}`);
}

/** What listens somewhere. */
export interface Addressed {
  readonly exchange: { readonly address: { readonly port: number } | undefined };
}

/** An end that sends and receives messages as it is told. */
export class ManualEnd {
  readonly socket: TLSSocket;
  readonly #frames = new FrameReader(MAX_MESSAGE);
  readonly received: Message[] = [];
  isClosed = false;

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.on('data', (chunk) => void this.received.push(...this.#frames.push(chunk).map(readMessage)));
  }

  /** @param says Who it is; and asks, so that the other end asks back; or nothing. */
  static async connect(
    peer: Addressed,
    says: 'hello and ask' | 'hello' | 'nothing' = 'hello and ask',
  ): Promise<ManualEnd> {
    const end = new ManualEnd(await tlsTo(peer));
    if (says !== 'nothing') end.send({ hello: { version: 1, instance: Buffer.alloc(16, 1) } });
    if (says === 'hello and ask') end.send({ ask: { salt: 1, sums: Buffer.alloc(128) } });
    return end;
  }

  send(message: MessageProperties): void {
    this.socket.write(messageFrame(message));
  }

  /** The first message received that has a member. */
  async message(member: keyof MessageProperties): Promise<Message> {
    const find = () => this.received.find((message) => Object.hasOwn(message, member));
    await until(() => find() !== undefined);
    return find() as Message;
  }
}

/** TLS as the exchange speaks it, unless asked for otherwise; rejects where the handshake fails. */
export function tlsTo(
  { exchange }: Addressed,
  options: ConnectionOptions & Pick<TcpSocketConnectOpts, 'localAddress'> = {},
  key = KEY,
): Promise<TLSSocket> {
  const psk = key.derived('spamd-sync exchange 1');
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port: exchange.address?.port as number,
      ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
      pskCallback: () => ({ psk, identity: key.fingerprint }),
      checkServerIdentity: () => undefined,
      ...options,
    });
    socket.once('secureConnect', () => resolve(socket));
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('closed')));
  });
}
