import { InvalidArgumentError } from 'commander';
import { port, socketPath } from './arguments.ts';

/** Where a server listens: a Unix socket, or a local address and a TCP port. */
export type ListenAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/**
 * @throws {InvalidArgumentError} For a text that is not `unix:PATH` or `inet:HOST:PORT`, with an IPv6 address in
 * brackets.
 */
export function listenAddress(text: string): ListenAddress {
  const [, path] = /^unix:(.+)$/.exec(text) ?? [];
  if (path !== undefined) return { path: socketPath(path) };
  const [, bracketed, bare, digits] = /^inet:(?:\[([^[\]]+)\]|([^[\]:]+)):(\d+)$/.exec(text) ?? [];
  const host = bracketed ?? bare;
  if (host === undefined || digits === undefined) throw new InvalidArgumentError('not unix:PATH or inet:HOST:PORT');
  return { host, port: port(digits) };
}

/** The address as the command line has it. */
export function listenWords(address: ListenAddress): string {
  if ('path' in address) return `unix:${address.path}`;
  const { host } = address;
  return `inet:${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}
