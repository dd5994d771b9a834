import { canonicalAddress } from '../address.ts';
import type { Attempt } from './input.ts';

/** What a mail server reports of an attempt, in any of its forms. Any member may be missing. */
export interface Reported {
  /**
   * The client's address: `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]`, `IPv6:2001:db8::1`, `192.0.2.1:25`, `unknown`,
   * or nothing if the client came over a local socket.
   */
  readonly ip?: string | null | undefined;
  /** The argument of HELO or EHLO. */
  readonly helo?: string | null | undefined;
  /** The envelope sender, with or without its brackets; nothing for the null sender. */
  readonly from?: string | null | undefined;
  /** The envelope recipient, with or without its brackets. */
  readonly to?: string | null | undefined;
  /** The local address that the client connected to, in any form of `ip`. */
  readonly connectedTo?: string | null | undefined;
}

/**
 * Makes an attempt from what a mail server reports. Bare mail addresses get brackets, as a client types them and spamd
 * keeps them. The null sender is `<>`. Never throws.
 *
 * @returns `undefined` if the client has no IP address: such an attempt cannot be greylisted, and should pass.
 */
export function attemptFrom({ ip, helo, from, to, connectedTo }: Reported): Attempt | undefined {
  const client = addressFrom(ip);
  if (client === undefined) return undefined;
  return {
    ip: client,
    helo: helo ?? '',
    from: bracketed(from ?? ''),
    to: bracketed(to ?? ''),
    connectedTo: addressFrom(connectedTo),
  };
}

function addressFrom(text: string | null | undefined): string | undefined {
  const given = `${text ?? ''}`;
  // Tried first: most mail servers use this form, and the function runs for every recipient.
  const plain = canonicalAddress(given);
  if (plain !== undefined) return plain;
  const trimmed = given.trim().replace(/^IPv6:/i, '');
  const [, inBrackets] = /^\[(?:IPv6:)?([^\]]*)\](?::\d{1,5})?$/i.exec(trimmed) ?? [];
  const [, beforePort] = /^([\d.]+):\d{1,5}$/.exec(trimmed) ?? [];
  return canonicalAddress(inBrackets ?? beforePort ?? trimmed);
}

/** A text with a bracket anywhere stays as the client typed it. */
function bracketed(address: string): string {
  return /[<>]/.test(address) ? address : `<${address}>`;
}
