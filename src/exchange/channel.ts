/** A stream of bytes to another peer, authenticated; by TLS, or in memory for a simulation. */
export interface Channel {
  /** Where the other end is. */
  readonly remote: { readonly address: string; readonly port: number };
  /** Resolves when more may be written. Rejects when it is closed, or the other end does not read. */
  write(bytes: Uint8Array): Promise<void>;
  /** What comes in, until it is closed. Throws what went wrong. What is not taken is not read. */
  read(): AsyncIterable<Uint8Array>;
  /** Ends it at once. Idempotent. */
  close(): void;
}

/** How channels are made. */
export interface ChannelMaker {
  /** Resolves when the other end is connected and has shown that it has the key. */
  connect(signal: AbortSignal): Promise<Channel>;
}

/** Where channels come in. */
export interface ChannelListener {
  /** The address and port that it listens at. */
  readonly address: { readonly address: string; readonly port: number };
  close(): Promise<void>;
}
