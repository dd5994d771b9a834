import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Greylist, SpamdSyncError } from 'spamd-sync';
import { type PeerEvent, RemotePeer, serveGreylist } from 'spamd-sync/socket';
import { encodeDatagram } from 'spamd-sync/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { responseFrame } from '../../src/socket/messages.ts';
import { TextQueue } from '../../src/socket/text-queue.ts';
import { KEY } from '../support/frame.ts';
import { NOW, openRig, SOURCE, TUPLE, turn } from '../support/rig.ts';

let folder = '';
let path = '';
let greylist: Greylist;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spamd-sync-peer-'));
  path = join(folder, 'control');
  greylist = new Greylist();
});
afterEach(async () => {
  await greylist.close();
  await rm(folder, { recursive: true });
});

const trapped = { type: 'trapped', ip: '203.0.113.7', timestamp: NOW, expires: NOW + 60 } as const;

/** The next event, which has to come. */
async function next(events: AsyncGenerator<PeerEvent, void>): Promise<PeerEvent | undefined> {
  return (await events.next()).value ?? undefined;
}

describe('a peer served beside a greylist', () => {
  it('answers with its health and its counters', async () => {
    const { peer, transport } = await openRig({ targets: ['192.0.2.50'] });
    transport.link().refuse = new SpamdSyncError('ERR_SPAMD_SEND', 'no way there');
    transport.receive(encodeDatagram([trapped], { key: KEY, counter: 1 }));
    await peer.grey(TUPLE);
    await using _served = await serveGreylist(greylist, path, { peer });
    await using remote = new RemotePeer(path);
    expect(await remote.health()).toEqual(peer.health());
    expect((await remote.health()).targets[0]?.lastError).toBeInstanceOf(SpamdSyncError);
    expect(await remote.stats()).toEqual(peer.stats());
  });

  it('shows what is received, dropped and sent while it happens', async () => {
    const { peer, transport, clock } = await openRig({ targets: ['192.0.2.50'] });
    await using _served = await serveGreylist(greylist, path, { peer, clock });
    await using remote = new RemotePeer(path);
    const events = remote.events();
    const first = next(events);
    await expect.poll(() => peer.listenerCount('sent')).toBe(1);
    transport.receive(encodeDatagram([trapped], { key: KEY, counter: 1 }));
    transport.receive(Buffer.alloc(3));
    await peer.grey(TUPLE);
    expect(await first).toEqual({ event: 'received', time: NOW, entry: trapped, source: SOURCE });
    expect(await next(events)).toMatchObject({
      event: 'dropped',
      time: NOW,
      drop: { reason: 'short', source: SOURCE },
    });
    expect(await next(events)).toMatchObject({ event: 'sent', sent: { target: '192.0.2.50', entries: [TUPLE] } });
    await events.return();
    await expect.poll(() => peer.listenerCount('sent')).toBe(0);
  });

  it('ends what is followed when the reader aborts, and when the socket closes', async () => {
    const { peer } = await openRig();
    const served = await serveGreylist(greylist, path, { peer });
    await using remote = new RemotePeer(path);
    const enough = new AbortController();
    const aborted = next(remote.events({ signal: enough.signal }));
    const ended = next(remote.events());
    await expect.poll(() => peer.listenerCount('sent')).toBe(2);
    enough.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await expect.poll(() => peer.listenerCount('sent')).toBe(1);
    await Promise.all([served.close(), expect(ended).rejects.toThrow('has ended the connection')]);
    expect(peer.listenerCount('entry')).toBe(1);
  });

  it('is not followed by who is closed while it connects', async () => {
    const { peer } = await openRig();
    await using _served = await serveGreylist(greylist, path, { peer });
    await using remote = new RemotePeer(path);
    const followed = remote.events().next();
    await remote.close();
    await expect(followed).rejects.toMatchObject({ code: 'ERR_SPAMD_CLOSED' });
  });

  it('is followed by eight at most', async () => {
    const { peer } = await openRig();
    await using _served = await serveGreylist(greylist, path, { peer });
    await using remote = new RemotePeer(path);
    for (let at = 0; at < 8; at++)
      remote
        .events()
        .next()
        .catch(() => {});
    await expect.poll(() => peer.listenerCount('sent')).toBe(8);
    await expect(next(remote.events())).rejects.toThrow('8 follow the peer already');
    await remote.close();
    await expect(remote.health()).rejects.toMatchObject({ code: 'ERR_SPAMD_CLOSED' });
  });
});

describe('a question about a peer', () => {
  it('fails where none is served, and where nobody serves', async () => {
    await using remote = new RemotePeer(path);
    await expect(remote.stats()).rejects.toThrow(`nobody serves a greylist on ${path}`);
    await using _served = await serveGreylist(greylist, path);
    await expect(remote.health()).rejects.toThrow('whoever serves the greylist serves no peer beside it');
  });

  it('is refused with a mistake in it', async () => {
    expect(() => new RemotePeer('')).toThrow(expect.objectContaining({ code: 'ERR_SPAMD_OPTION' }));
    expect(() => new RemotePeer(path, { timeout: 0 })).toThrow(expect.objectContaining({ code: 'ERR_SPAMD_OPTION' }));
    const events = new RemotePeer(path).events({ signal: 5 as unknown as AbortSignal });
    await expect(events.next()).rejects.toMatchObject({ code: 'ERR_SPAMD_OPTION' });
    const peer = {} as never;
    await expect(serveGreylist(greylist, path, { peer })).rejects.toMatchObject({ code: 'ERR_SPAMD_OPTION' });
  });
});

describe('the queue of what happens', () => {
  it('holds no more than a message has room for, whatever the text', async () => {
    const queue = new TextQueue(new AbortController().signal);
    for (let at = 0; at < 20; at++) queue.push('€'.repeat(2 ** 15));
    const { texts, missed } = await queue.take();
    expect(texts.length + missed).toBe(20);
    expect(() => responseFrame({ id: 1, peerEvent: texts })).not.toThrow();
    expect(texts.length).toBe(5);
  });

  it('has room for half a MiB, and counts what finds none', async () => {
    const end = new AbortController();
    const queue = new TextQueue(end.signal);
    const text = 'x'.repeat(2 ** 17);
    for (let at = 0; at < 6; at++) queue.push(text);
    queue.push('');
    expect(await queue.take()).toEqual({ texts: [text, text, text, text], missed: 3 });
    const later = queue.take();
    await turn();
    queue.push('a');
    expect(await later).toEqual({ texts: ['a'], missed: 0 });
    queue.push('b');
    end.abort();
    expect(await queue.take()).toEqual({ texts: ['b'], missed: 0 });
    expect(await queue.take()).toEqual({ texts: [], missed: 0 });
  });
});
