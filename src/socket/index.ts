/** The public surface of "spamd-sync/socket": a greylist, and the peer beside it, that any process of the host can ask. */

export { RemoteGreylist, type RemoteGreylistOptions } from './remote.ts';
export { RemotePeer, type RemotePeerOptions } from './remote-peer.ts';
export { type ServedSocket, type ServeOptions, type ServeStats, serveGreylist } from './serve.ts';
export type { ServedBeside, ServedCounts, ServedGreylist } from './served.ts';
export type { PeerEvent, ServedPeer } from './served-peer.ts';
