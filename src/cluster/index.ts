/** The public surface of "spamd-sync/cluster". */

export { ClusterGreylist, type ClusterGreylistOptions } from './client.ts';
export type { Served } from './protocol.ts';
export { type Serving, serveGreylist } from './serve.ts';
