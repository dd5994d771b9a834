import type { Place } from './channel.ts';

/** The TCP port at which peers listen unless another is given. */
const DEFAULT_PORT = 8027;

/** The place that a text names: `HOST`, `HOST:PORT`, an IPv6 address in brackets. `undefined` for any other text. */
export function parsePlace(text: string): Place | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([\da-fA-F:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits ?? DEFAULT_PORT);
  // A number alone, such as a port, would be taken for an IPv4 address written as one number.
  if (host === undefined || port > 65_535 || /^\d+$/.test(host)) return undefined;
  return { host, port };
}

/** A place as text, without the port if that is the default. */
export function placeWords({ host, port }: Place): string {
  const shown = host.includes(':') ? `[${host}]` : host;
  return port === DEFAULT_PORT ? shown : `${shown}:${port}`;
}
