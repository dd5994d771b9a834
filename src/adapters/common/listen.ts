import type { Clock } from '../../clock.ts';
import { checkedMode, checkedPath, type ListenAddress } from '../../stream-server.ts';
import { badOption, checkedWhole } from '../../validate.ts';

/** Where a server for a mail server listens, and how many it lets in. */
export interface ListenAt {
  /** The path of a Unix socket, at most 103 bytes. A socket that is there already is replaced only when nobody answers on it. */
  readonly path?: string | undefined;
  /**
   * Who may connect, as the mode of the socket's file. Default `0o666`: whoever its directory lets in, as Postfix does it with
   * its own.
   */
  readonly mode?: number | undefined;
  /** In the place of `path`: a local address, or a name of one. Default `127.0.0.1`. Whoever can connect can ask. */
  readonly host?: string | undefined;
  /** In the place of `path`: a TCP port, 0..65535; 0 is one that is free. */
  readonly port?: number | undefined;
  /** How many connections there may be at once, 1..10000. Default 1000; those beyond are closed at once, and counted. */
  readonly maxConnections?: number | undefined;
  /** For the time and timers. Default the system's. */
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

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for an invalid option, and for both a path and a port, or neither. */
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
