import type { TimedClock } from '../clock.ts';
import type { Source } from '../entry.ts';

/** Where a peer is to listen, after the options were checked. */
export interface ListenAt {
  /** A local IPv4 address to bind, or an interface on which to join the group. */
  readonly at: string;
  /** UDP port; 0 lets the system choose. */
  readonly port: number;
  /** The receive buffer to ask the kernel for, bytes. */
  readonly receiveBuffer: number;
}

/** Where a peer sends, after the options were checked. */
export interface SendTo {
  /** A host name, an IPv4 address, or an interface name for multicast. */
  readonly host: string;
  /** UDP port, 1..65535. */
  readonly port: number;
  /** The multicast TTL, 1..255. If it is given, `host` is an interface. */
  readonly ttl: number | undefined;
}

/** What a peer asks of its transport. */
export interface TransportOptions {
  /** `false`: send only, from a port of the system's choice. */
  readonly listen: ListenAt | false;
  /** The multicast group, IPv4. */
  readonly group: string;
  /** Where to send, in the order of the links. */
  readonly targets: readonly SendTo[];
  /**
   * Whether to open even if an interface or the address to listen on is not there yet. The transport joins or binds
   * when it appears.
   */
  readonly waitForInterface?: boolean | undefined;
  /** The clock for the checks of whether the interfaces are still there. */
  readonly clock: TimedClock;
}

/** Something of this host that a peer depends on: the interface of the group, or the address that it listens on. */
export interface InterfaceState {
  /** The interface's name, or the address. */
  readonly name: string;
  /** The IPv4 address in use; `undefined` while it is gone: removed, down, without carrier or without an address. */
  readonly address: string | undefined;
  /** What is wrong, in words; `undefined` if nothing is. */
  readonly detail: string | undefined;
  /** How often it was found gone, back, re-created or re-addressed; only grows. */
  readonly changes: number;
}

/** The functions that a transport calls. All but `receive` are called only after `open` resolved. */
export interface TransportEvents {
  /** A datagram came in. The bytes belong to the called function for the duration of the call. */
  receive(bytes: Buffer, source: Source): void;
  /** An interface or address that the transport depends on is gone, back, re-created or re-addressed; in words. */
  interfaceChanged(message: string): void;
  /** The transport as a whole failed and will deliver nothing more. */
  error(error: Error): void;
}

/** One target. If it has a name, nothing can be sent to it before the name was looked up. */
export interface Link {
  /** Whether this reaches a multicast group rather than one host. */
  readonly multicast: boolean;
  /** The address it sends to, as last resolved; `undefined` while a name does not resolve. */
  readonly address: string | undefined;
  /** Whether the last send or look-up failed. */
  readonly failing: boolean;
  /**
   * Looks the name up, for the first time or again. Never rejects. A known address stays in use until there is a new
   * one.
   */
  refresh(): Promise<void>;
  /**
   * Resolves when the system has taken the datagram; rejects with a SpamdSyncError. The bytes must not change before.
   */
  send(bytes: Uint8Array): Promise<void>;
}

/** A transport that is bound and has joined its group. */
export interface OpenTransport {
  /** The local address that is bound. */
  readonly address: string;
  /** The local port that is bound. */
  readonly port: number;
  /** The receive buffer that the kernel granted, bytes as it counts them; 0 where there is none. */
  readonly receiveBuffer: number;
  /** The interface and the address of this host that the transport depends on, as they were at the last check. */
  readonly interfaces: readonly InterfaceState[];
  /** A link for each of the targets, in their order. */
  readonly links: readonly Link[];
  /**
   * A link to one more host, by name or address.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for an interface.
   */
  link(target: SendTo): Link;
  /** Whether an address is one of this host: a datagram from there may be our own echo. */
  isLocal(address: string): boolean;
  /** Leaves the group and releases the port. */
  close(): Promise<void>;
}

/**
 * Sends and receives datagrams: besides a clock, that is all that a peer needs from outside. It is UDP unless another
 * transport is injected, such as a host of a `MemoryNetwork`.
 */
export interface Transport {
  /**
   * Binds the port and joins the group. Names are not looked up yet.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_LISTEN` if the address and port cannot be bound, `ERR_SPAMD_INTERFACE` for an
   * interface that is not there, is down, has no carrier or no IPv4 address, `ERR_SPAMD_OPTION` for options that
   * exclude each other.
   */
  open(options: TransportOptions, events: TransportEvents): Promise<OpenTransport>;
}
