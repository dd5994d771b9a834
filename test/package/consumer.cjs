// A CommonJS program, such as a Haraka plugin, requires the ES modules: Node can do so from 20.19 on.
const assert = require('node:assert');
const { SyncKey, SyncPeer } = require('spamd-sync');
const { encodeDatagram, decodeDatagram } = require('spamd-sync/wire');

const key = SyncKey.fromBytes(Buffer.from('key file'));
const entry = { type: 'white', ip: '192.0.2.1', timestamp: 1, expires: 2 };
const { entries } = decodeDatagram(encodeDatagram([entry], { key, counter: 7 }), { key });
assert.deepStrictEqual(entries, [entry]);

SyncPeer.open({ key, listen: '127.0.0.1', port: 0 })
  .then((peer) => peer.close())
  .then(() => console.log('require(): ok'));
