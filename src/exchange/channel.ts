/** An address and a port, TCP. */
export interface Place {
  /** A name, or an address. */
  readonly host: string;
  /** 1..65535; 0 listens at any that is free. */
  readonly port: number;
}

/** Where the other end of a connection is, or where this host listens. */
export interface ChannelAddress {
  /** IPv4 or IPv6. */
  readonly address: string;
  /** TCP. */
  readonly port: number;
}

/** A stream of bytes to another peer that has shown that it has the key: by TLS, or in memory for a simulation. */
export interface Channel {
  /** Where the other end is. */
  readonly remote: ChannelAddress;
  /** Bytes that were written and are not sent yet. */
  readonly waiting: number;
  /** Of the key that it was opened with; `undefined` where there is none. */
  readonly fingerprint?: string | undefined;
  /** Whether the key that it was opened with is still one of the group's. */
  readonly isAuthorised: boolean;
  /** Resolves when more may be written. Rejects when it is closed, or the other end does not read. */
  write(bytes: Uint8Array): Promise<void>;
  /** What comes in, until the other end closes it. Throws what went wrong. What is not taken is not read. */
  read(): AsyncIterable<Uint8Array>;
  /** Ends it at once. Idempotent. */
  close(): void;
}

/** What is counted of connections that came in. */
export interface ListenerCounts {
  /** Connections without the key, by another protocol, or that said nothing in time. */
  readonly unauthenticated: number;
  /** Connections beyond those that may be there. */
  readonly refused: number;
}

/** One that came in and had no key of the group. */
export interface RefusedConnection {
  /** Its address. */
  readonly address: string;
  /** `other-key`: it has another key; `other-protocol`: what it says is no exchange. */
  readonly why: 'other-key' | 'other-protocol';
  /** What it calls its key, where that looks like a fingerprint. Nothing shows that it has it. */
  readonly fingerprint: string | undefined;
}

/** Where channels come in. */
export interface ChannelListener {
  /** The address and port that it listens at. */
  readonly address: ChannelAddress;
  /** What came in and was refused. */
  readonly counts: ListenerCounts;
  /** Ends it, and every connection that is not a channel yet. */
  close(): Promise<void>;
}

/** How channels are made: TLS over TCP, or in memory for a simulation. */
export interface ChannelTransport {
  /** Resolves when the other end is connected and has shown that it has the key. */
  connect(place: Place, signal: AbortSignal): Promise<Channel>;
  /**
   * Rejects with the system's error where it cannot be listened there.
   *
   * @param onRefused Told of each that came in without a key.
   */
  listen(
    place: Place,
    onChannel: (channel: Channel) => void,
    onRefused?: (refused: RefusedConnection) => void,
  ): Promise<ChannelListener>;
}
