import type { Clock } from '../../clock.ts';
import { checkedMode, checkedPath, type ListenAddress } from '../../stream-server.ts';
import { badOption, checkedWhole } from '../../validate.ts';

/** Where a server for mail servers listens, and how many connections it takes. */
export interface ListenAt {
  /** The path of a Unix socket, at most 103 bytes. An existing socket is replaced only if no process answers on it. */
  readonly path?: string | undefined;
  /**
   * The mode of the socket's file, which says who may connect. Default `0o666`: the directory decides, as with the
   * sockets of Postfix.
   */
  readonly mode?: number | undefined;
  /**
   * Instead of `path`: a local address, or a name of one. Default `127.0.0.1`. Any program that can connect can ask.
   */
  readonly host?: string | undefined;
  /** Instead of `path`: a TCP port, 0..65535. With 0 it is any port that is free. */
  readonly port?: number | undefined;
  /**
   * How many connections there may be at once, 1..10000. Default 1000. Further ones are closed at once, and counted.
   */
  readonly maxConnections?: number | undefined;
  /** The clock, for the time and timers. Default: the system's. */
  readonly clock?: Clock | undefined;
}

/** The members of {@link ListenAt}, for a check of options that have them. */
export const LISTEN_MEMBERS: Readonly<Record<keyof ListenAt, true>> = {
  path: true,
  mode: true,
  host: true,
  port: true,
  maxConnections: true,
  clock: true,
};

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for an invalid option, for both a path and a port, and for neither. */
export function checkedListenAt({ path, mode, host, port, maxConnections = 1000 }: ListenAt): {
  readonly at: ListenAddress;
  readonly maxConnections: number;
} {
  checkedWhole('maxConnections', maxConnections, 1, 10_000);
  if (path !== undefined) {
    if (host !== undefined || port !== undefined) throw badOption('path', 'given beside host or port', path);
    return { at: { path: checkedPath(path), mode: checkedMode(mode ?? 0o666) }, maxConnections };
  }
  if (port === undefined) throw badOption('path', 'neither it nor port is given', path);
  if (mode !== undefined) throw badOption('mode', 'given without a path', mode);
  if (host !== undefined && (typeof host !== 'string' || host === '')) throw badOption('host', 'not an address', host);
  return { at: { host: host ?? '127.0.0.1', port: checkedWhole('port', port, 0, 65_535) }, maxConnections };
}
