import { randomBytes } from 'node:crypto';
import type { SyncKey } from '../auth/key.ts';
import { checkedKey, Keyring } from '../auth/keyring.ts';
import { systemClock } from '../clock.ts';
import { badOption } from '../validate.ts';
import { ConnectError, type ConnectFailure, connectErrorOf } from './connect-failure.ts';
import { greeted } from './greeting.ts';
import { INSTANCE, isBreak, VERSION } from './messages.ts';
import { parsePlace } from './place.ts';
import { TlsTransport } from './tls.ts';

/** The result of {@link probeExchange}. */
export type ExchangeProbe =
  | {
      /** It has the key, and speaks the protocol. */
      readonly outcome: 'answers';
      /** Its address. */
      readonly address: string;
      /** Its port. */
      readonly port: number;
      /** The fingerprint of the key that it was connected to with, as `SyncKey.fingerprint`. */
      readonly fingerprint: string | undefined;
      /** The version of the protocol that it speaks. */
      readonly version: number;
      /** The version that this library speaks. */
      readonly ownVersion: number;
      /** How far its clock is ahead, seconds; `undefined` if its hello has no time. */
      readonly skew: number | undefined;
    }
  | {
      /** Why it cannot be connected to. */
      readonly outcome: ConnectFailure;
      /** The same in words. */
      readonly message: string;
    };

/**
 * Connects to a peer, receives its hello, and closes the connection. Nothing is exchanged.
 *
 * @param peer `HOST`, `HOST:PORT` or `[IPv6]:PORT`. The port is 8027 unless given.
 * @param key The key of the group, or its keyring.
 * @returns The result, after at most ten seconds for each key, and ten for the hello.
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for an invalid place or key.
 */
export async function probeExchange(peer: string, key: SyncKey | Keyring): Promise<ExchangeProbe> {
  const place = parsePlace(peer);
  if (place === undefined) throw badOption('peer', 'not HOST, HOST:PORT or [IPv6]:PORT', peer);
  const given = checkedKey(key);
  const transport = new TlsTransport(given instanceof Keyring ? given : new Keyring([given]), systemClock);
  try {
    const channel = await transport.connect(place, new AbortController().signal);
    const { greeting } = await greeted(channel, randomBytes(INSTANCE), systemClock).catch((cause: unknown) => {
      throw new ConnectError(isBreak(cause) ? 'closed' : 'other-protocol', { cause });
    });
    channel.close();
    const { version, skew } = greeting;
    return {
      outcome: 'answers',
      ...channel.remote,
      fingerprint: channel.fingerprint,
      version,
      ownVersion: VERSION,
      skew,
    };
  } catch (error) {
    const { failure, message } = connectErrorOf(error);
    return { outcome: failure, message };
  }
}
