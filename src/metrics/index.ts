/** The public surface of "spamd-sync/metrics": counters as Prometheus text. */

export type { MetricsAdapters } from './adapters.ts';
export { METRICS_TYPE, type MetricsOptions, metrics } from './metrics.ts';
