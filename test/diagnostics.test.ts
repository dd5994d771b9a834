import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Greylist, SyncKey, SyncPeer } from 'spamd-sync';
import { MemoryNetwork } from 'spamd-sync/testing';
import { expect, it } from 'vitest';

it('tools see entries, drops and verdicts on named channels, each with the object that it is of', async () => {
  const network = new MemoryNetwork();
  const open = (at: string, to: string, key = 'one') =>
    SyncPeer.open({
      key: SyncKey.fromBytes(Buffer.from(key)),
      listen: at,
      targets: [to],
      clock: network.clock,
      transport: network.transport(at),
    });
  const peer = await open('192.0.2.1', '192.0.2.2');
  const other = await open('192.0.2.2', '192.0.2.1');
  const stranger = await open('192.0.2.3', '192.0.2.1', 'two');
  const greylist = new Greylist({ clock: network.clock });
  const seen: [string, unknown][] = [];
  const listener = (message: unknown, name: string | symbol): void => void seen.push([String(name), message]);
  const names = ['spamd-sync:entry', 'spamd-sync:drop', 'spamd-sync:verdict'];
  for (const name of names) subscribe(name, listener);
  const expires = network.clock.now() + 3600;
  await other.trapped('198.51.100.7', expires);
  await network.advance(1);
  await stranger.trapped('198.51.100.8', expires);
  await network.advance(1);
  const attempt = { ip: '192.0.2.77', helo: 'mx', from: '<a@b>', to: '<c@d>' };
  const verdict = await greylist.check(attempt);
  for (const name of names) unsubscribe(name, listener);
  await greylist.check(attempt);
  expect(seen).toEqual([
    ['spamd-sync:entry', { peer, entry: expect.objectContaining({ ip: '198.51.100.7' }), source: expect.anything() }],
    ['spamd-sync:drop', { peer, drop: expect.objectContaining({ reason: 'auth' }) }],
    ['spamd-sync:verdict', { greylist, attempt, verdict }],
  ]);
  const [[, first] = []] = seen;
  expect((first as { peer: unknown }).peer).toBe(peer);
  for (const one of [greylist, peer, other, stranger]) await one.close();
});
