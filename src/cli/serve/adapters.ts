import { HttpCheck } from '../../adapters/http.ts';
import { type Milter, serveMilter } from '../../adapters/milter.ts';
import { type PolicyServer, servePolicy } from '../../adapters/postfix.ts';
import type { Greylist } from '../../index.ts';
import { listenWords } from '../options/listen-address.ts';
import type { ServeOptions } from './options.ts';

/** The adapters of a daemon that answer mail servers, as far as the options ask for them. */
export interface Adapters {
  readonly policy: PolicyServer | undefined;
  readonly milter: Milter | undefined;
  /** Does not listen by itself: the server of the page passes requests to it. */
  readonly http: HttpCheck | undefined;
}

/** @param open Gets the adapters that were opened, also if it fails halfway. */
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

/** Where the adapters listen, one line for each. */
export function adapterWords({ policy, milter }: Adapters): string[] {
  const words: string[] = [];
  if (policy !== undefined) words.push(`policy server on ${listenWords(policy.address)}`);
  if (milter !== undefined) words.push(`milter on ${listenWords(milter.address)}`);
  return words;
}
