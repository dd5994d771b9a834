/** An address and a port, TCP. */
export interface Place {
  /** A name, or an address. */
  readonly host: string;
  /** 1..65535. To listen also 0: any port that is free. */
  readonly port: number;
}

/** Where the other end of a connection is, or where this host listens. */
export interface ChannelAddress {
  /** IPv4 or IPv6. */
  readonly address: string;
  /** TCP. */
  readonly port: number;
}

/** A stream of bytes to another peer, which has shown that it has the key. Over TLS, or in memory for a simulation. */
export interface Channel {
  /** Where the other end is. */
  readonly remote: ChannelAddress;
  /** How many bytes were written and are not sent yet. */
  readonly waiting: number;
  /** The fingerprint of the key that the channel was opened with; `undefined` without a key. */
  readonly fingerprint?: string | undefined;
  /** Whether the key that the channel was opened with is still one of the group's keys. */
  readonly isAuthorised: boolean;
  /** Resolves when more may be written. Rejects when the channel is closed, or when the other end does not read. */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * The bytes that come in, until the other end closes the channel. Throws the error that ends it. Reads no further
   * while the caller does not take what came in.
   */
  read(): AsyncIterable<Uint8Array>;
  /** Closes the channel at once. Idempotent. */
  close(): void;
}

/** Counters of the connections that came in and did not become channels. */
export interface ListenerCounts {
  /** Connections that had no key of the group, spoke another protocol, or sent nothing in time. */
  readonly unauthenticated: number;
  /** Connections that were over a limit. */
  readonly refused: number;
}

/** A connection that came in without a key of the group. */
export interface RefusedConnection {
  /** The address that it came from. */
  readonly address: string;
  /** `other-key`: the other end has another key. `other-protocol`: what it sends is not this protocol. */
  readonly why: 'other-key' | 'other-protocol';
  /**
   * The fingerprint that the other end gives for its key; `undefined` if it gives nothing like one. Nothing proves that
   * the other end has that key.
   */
  readonly fingerprint: string | undefined;
}

/** Accepts the channels that other peers open. */
export interface ChannelListener {
  /** The address and port that it listens at. */
  readonly address: ChannelAddress;
  /** Counters of the connections that were refused. */
  readonly counts: ListenerCounts;
  /** Stops listening, and ends every connection that is not a channel yet. */
  close(): Promise<void>;
}

/** Opens and accepts channels: TLS over TCP, or in memory for a simulation. */
export interface ChannelTransport {
  /** Resolves when the other end is connected and has shown that it has the key. */
  connect(place: Place, signal: AbortSignal): Promise<Channel>;
  /**
   * Listens at a place. Rejects with the system's error if that is not possible.
   *
   * @param onRefused Called for each connection that came in without a key of the group.
   */
  listen(
    place: Place,
    onChannel: (channel: Channel) => void,
    onRefused?: (refused: RefusedConnection) => void,
  ): Promise<ChannelListener>;
}
