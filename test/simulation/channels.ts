/** Streams between exchanges on the clock of a simulation: what is written arrives a moment later, in order, or the stream ends. */
import type { Keyring, SyncKey } from 'spamd-sync';
import type { Channel, ChannelTransport } from 'spamd-sync/exchange';
import type { TimedClock } from '../../src/clock.ts';

const LATENCY = 0.001;
/** How long it takes to notice that nobody answers, seconds. */
const TIMEOUT = 5;

interface Listening {
  readonly keyring: Keyring;
  readonly onChannel: (channel: Channel) => void;
}

export class MemoryChannels {
  readonly #clock: TimedClock;
  readonly #isCut: (one: string, other: string) => boolean;
  readonly #listeners = new Map<string, Listening>();
  readonly #ends = new Set<End>();

  constructor(clock: TimedClock, isCut: (one: string, other: string) => boolean) {
    this.#clock = clock;
    this.#isCut = isCut;
  }

  /** Ends every stream that the cut falls across. */
  cut(): void {
    for (const end of this.#ends) if (this.#isCut(end.local, end.remote.address)) end.break();
  }

  /** How many ends there are that a key opened. */
  openedBy(key: SyncKey): number {
    return [...this.#ends].filter((end) => end.key === key).length;
  }

  /** @param keyring Whose keys it is authenticated by: it connects by the first of them that the other end has. */
  transport(local: string, keyring: Keyring): ChannelTransport {
    return {
      connect: async ({ host }, signal) => {
        await new Promise<void>((resolve) => this.#clock.setTimer(LATENCY, resolve));
        const listening = this.#listeners.get(host);
        if (signal.aborted || listening === undefined || this.#isCut(local, host)) {
          await new Promise<void>((resolve) => this.#clock.setTimer(signal.aborted ? 0 : TIMEOUT, resolve));
          throw Object.assign(new Error('nobody answers'), { code: 'ETIMEDOUT' });
        }
        const key = keyring.keys.find((one) => listening.keyring.keys.includes(one));
        if (key === undefined) throw Object.assign(new Error('no such key'), { code: 'ECONNRESET' });
        const [here, there] = [this.#end(local, host, key, keyring), this.#end(host, local, key, listening.keyring)];
        here.other = there;
        there.other = here;
        listening.onChannel(there);
        return here;
      },
      listen: async ({ port }, onChannel) => {
        this.#listeners.set(local, { keyring, onChannel });
        const close = async (): Promise<void> => void this.#listeners.delete(local);
        return { address: { address: local, port }, counts: { unauthenticated: 0, refused: 0 }, close };
      },
    };
  }

  #end(local: string, remote: string, key: SyncKey, keyring: Keyring): End {
    const end = new End(local, remote, key, keyring, this.#clock, () => this.#ends.delete(end));
    this.#ends.add(end);
    return end;
  }
}

class End implements Channel {
  readonly local: string;
  readonly remote: { readonly address: string; readonly port: number };
  readonly key: SyncKey;
  readonly waiting = 0;
  other: End | undefined;
  readonly #keyring: Keyring;
  readonly #clock: TimedClock;
  readonly #onClosed: () => void;
  readonly #arrived: Uint8Array[] = [];
  #isOver = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(local: string, remote: string, key: SyncKey, keyring: Keyring, clock: TimedClock, onClosed: () => void) {
    this.local = local;
    this.remote = { address: remote, port: 8027 };
    this.key = key;
    this.#keyring = keyring;
    this.#clock = clock;
    this.#onClosed = onClosed;
  }

  get isAuthorised(): boolean {
    return this.#keyring.keys.includes(this.key);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#isOver) throw Object.assign(new Error('closed'), { code: 'EPIPE' });
    const copy = Uint8Array.from(bytes);
    this.#clock.setTimer(LATENCY, () => this.other?.arrive(copy));
  }

  async *read(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const bytes = this.#arrived.shift();
      if (bytes !== undefined) yield bytes;
      else if (this.#failure !== undefined) throw this.#failure;
      else if (this.#isOver) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  close(): void {
    if (this.#isOver) return;
    this.end();
    this.#clock.setTimer(LATENCY, () => this.other?.end());
  }

  break(): void {
    this.#failure = Object.assign(new Error('broken'), { code: 'ETIMEDOUT' });
    this.end();
  }

  arrive(bytes: Uint8Array): void {
    if (!this.#isOver) this.#arrived.push(bytes);
    this.#wake?.();
  }

  end(): void {
    this.#isOver = true;
    this.#onClosed();
    this.#wake?.();
  }
}
