/** The public surface of "spamd-sync/socket": any process of the host can ask a greylist, and the peer beside it. */

export { RemoteGreylist, type RemoteGreylistOptions } from './remote.ts';
export { RemotePeer, type RemotePeerOptions } from './remote-peer.ts';
export { type ServedSocket, type ServeOptions, type ServeStats, serveGreylist } from './serve.ts';
export type { ServedBeside, ServedCounts, ServedGreylist } from './served.ts';
export type { PeerEvent, ServedPeer } from './served-peer.ts';
