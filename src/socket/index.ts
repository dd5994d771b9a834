/** The public surface of "spamd-sync/socket": a greylist that any process of the host can ask. */

export { RemoteGreylist, type RemoteGreylistOptions } from './remote.ts';
export { type ServedSocket, type ServeOptions, type ServeStats, serveGreylist } from './serve.ts';
export type { ServedGreylist } from './served.ts';
