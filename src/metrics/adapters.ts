import type { HttpCheck } from '../adapters/http.ts';
import type { Milter } from '../adapters/milter.ts';
import type { PolicyServer } from '../adapters/postfix.ts';
import { byLabel, type Family, type Sample } from './text.ts';

/** The adapters that answer mail servers, or objects with the same counters. Each may be left out. */
export interface MetricsAdapters {
  /** The policy server that `servePolicy` opened. */
  readonly policy?: Pick<PolicyServer, 'stats'> | undefined;
  /** The milter that `serveMilter` opened. */
  readonly milter?: Pick<Milter, 'stats'> | undefined;
  /** The check over HTTP. */
  readonly http?: Pick<HttpCheck, 'stats'> | undefined;
}

/** The counters of an adapter, under names that are the same for all adapters. */
interface Counts {
  readonly requests: number;
  readonly skipped: Readonly<Record<string, number>>;
  /** Requests and connections that got no answer from the greylist, by the reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly cut?: number;
  readonly connections?: number;
  /** Connections refused because the limit was reached. */
  readonly refused?: number;
}

/** The counters of adapters, each with the label `adapter`. */
export function adapterFamilies({ policy, milter, http }: MetricsAdapters): Family[] {
  const counts = new Map<string, Counts>();
  if (policy !== undefined) counts.set('policy', policy.stats());
  if (milter !== undefined) counts.set('milter', milter.stats());
  if (http !== undefined) {
    const { requests, cut, skipped, refused, aborted } = http.stats();
    counts.set('http', { requests, cut, skipped, dropped: { ...refused, aborted } });
  }
  const each = (value: (of: Counts) => number | undefined): Sample[] =>
    [...counts].map(([adapter, of]) => ({ labels: { adapter }, value: value(of) }));
  const eachReason = (values: (of: Counts) => Readonly<Record<string, number>>): Sample[] =>
    [...counts].flatMap(([adapter, of]) =>
      byLabel('reason', values(of)).map(({ labels, value }) => ({ labels: { adapter, ...labels }, value })),
    );
  return [
    {
      name: 'adapter_requests_total',
      type: 'counter',
      help: 'Requests of mail servers, by adapter; for a milter, packets.',
      samples: each(({ requests }) => requests),
    },
    {
      name: 'adapter_skipped_total',
      type: 'counter',
      help: 'Requests that were answered without asking the greylist, by adapter and reason.',
      samples: eachReason(({ skipped }) => skipped),
    },
    {
      name: 'adapter_dropped_total',
      type: 'counter',
      help: 'Requests that were refused and connections that were ended without an answer, by adapter and reason.',
      samples: eachReason(({ dropped }) => dropped),
    },
    {
      name: 'adapter_cut_values_total',
      type: 'counter',
      help: 'Values that were cut because they were too long, by adapter.',
      samples: each(({ cut }) => cut),
    },
    {
      name: 'adapter_connections',
      type: 'gauge',
      help: 'Open connections of mail servers, by adapter.',
      samples: each(({ connections }) => connections),
    },
    {
      name: 'adapter_refused_connections_total',
      type: 'counter',
      help: 'Connections of mail servers that were refused because of the limit, by adapter.',
      samples: each(({ refused }) => refused),
    },
  ];
}
