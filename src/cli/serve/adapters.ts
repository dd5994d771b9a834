import { HttpCheck } from '../../adapters/http.ts';
import { type Milter, serveMilter } from '../../adapters/milter.ts';
import { type PolicyServer, servePolicy } from '../../adapters/postfix.ts';
import type { Greylist } from '../../index.ts';
import { listenWords } from '../options/listen-address.ts';
import type { ServeOptions } from './options.ts';

/** What answers mail servers in a daemon, as far as it was asked for. */
export interface Adapters {
  readonly policy: PolicyServer | undefined;
  readonly milter: Milter | undefined;
  /** Not listening by itself: what serves the page hands requests to it. */
  readonly http: HttpCheck | undefined;
}

/** @param open Takes what was opened, also where that fails halfway. */
export async function openAdapters(
  { policy: policyAt, milter: milterAt, http: httpAt }: ServeOptions,
  greylist: Greylist,
  open: { close(): unknown }[],
): Promise<Adapters> {
  const policy = policyAt === undefined ? undefined : await servePolicy(greylist, policyAt);
  if (policy !== undefined) open.push(policy);
  const milter = milterAt === undefined ? undefined : await serveMilter(greylist, milterAt);
  if (milter !== undefined) open.push(milter);
  return { policy, milter, http: httpAt === undefined ? undefined : new HttpCheck(greylist) };
}

/** Where they listen, a line each. */
export function adapterWords({ policy, milter }: Adapters): string[] {
  const words: string[] = [];
  if (policy !== undefined) words.push(`policy server on ${listenWords(policy.address)}`);
  if (milter !== undefined) words.push(`milter on ${listenWords(milter.address)}`);
  return words;
}
