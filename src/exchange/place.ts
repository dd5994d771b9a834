import type { Place } from './channel.ts';

/** Where peers listen unless a port is given, TCP. */
const DEFAULT_PORT = 8027;

/** A place as it is written: `HOST`, `HOST:PORT`, an IPv6 address in brackets. `undefined` for what is none. */
export function parsePlace(text: string): Place | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([\da-fA-F:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits ?? DEFAULT_PORT);
  // A port alone would be taken for the number of an IPv4 address.
  if (host === undefined || port > 65_535 || /^\d+$/.test(host)) return undefined;
  return { host, port };
}

/** A place in words; without the port where that is the usual one. */
export function placeWords({ host, port }: Place): string {
  const shown = host.includes(':') ? `[${host}]` : host;
  return port === DEFAULT_PORT ? shown : `${shown}:${port}`;
}
