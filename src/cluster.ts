/** The public surface of "spamd-sync/cluster". */

export { ClusterGreylist, type ClusterGreylistOptions } from './cluster/client.ts';
export type { Served } from './cluster/protocol.ts';
export { type Serving, serveGreylist } from './cluster/serve.ts';
