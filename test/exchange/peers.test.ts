import { createServer, type Server, type Socket } from 'node:net';
import { type Clock, Keyring, MemoryStore } from 'spamd-sync';
import { Exchange, type ExchangePeer, parsePlace, placeWords, probeExchange } from 'spamd-sync/exchange';
import type { StoreRecord } from 'spamd-sync/store';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { address, attempt } from '../support/records.ts';
import { connectedTo, FAST, KEY, LOOPBACK, ManualEnd, OTHER_KEY, type Peer, peerWith, tlsTo, until } from './setup.ts';

const NEVER_LISTENED = '127.0.0.1:1';
/** Connects again at once, and has all the time that an answer takes. */
const IMPATIENT: Clock = {
  ...systemClock,
  setTimer: (seconds, task, options) => systemClock.setTimer(seconds < 10 ? seconds / 100 : seconds, task, options),
};

/** Never looked through. */
class EndlessStore extends MemoryStore {
  override async *records(): AsyncGenerator<StoreRecord, void> {
    for (;;) yield { type: 'address', ip: '192.0.2.1', record: address({}) };
  }
}

function peersOf({ exchange }: Peer): readonly ExchangePeer[] {
  return exchange.stats().peers;
}

/** What listens on loopback and is no exchange. */
async function serverThat(answers: (socket: Socket) => void): Promise<{ at: string } & AsyncDisposable> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {}).resume();
    answers(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { at: `127.0.0.1:${port}`, [Symbol.asyncDispose]: close };
}

const smtp = (): ReturnType<typeof serverThat> =>
  serverThat((socket) => void socket.end('220 mx.example.org ESMTP\r\n'));
const hangingUp = (): ReturnType<typeof serverThat> => serverThat((socket) => void socket.destroy());

describe('a peer of an exchange', () => {
  it('is known with what the last round came to, on both sides, and stays so when it is gone', async () => {
    const store = new MemoryStore();
    for (let i = 0; i < 20; i++) attempt(store, { ip: `192.0.2.${i}` });
    await using full = await peerWith({ store });
    const joining = await peerWith({ with: [full.at], listen: undefined, joinTimeout: 60 });
    await until(() => full.rounds.length === 1 && joining.rounds.length === 1);
    expect(peersOf(joining)).toMatchObject([
      {
        ...{ name: full.at, address: '127.0.0.1', state: 'connected', trouble: undefined, outcome: 'done' },
        ...{ behindRecords: 20, recordsReceived: 20, recordsSent: 0, joined: true },
        ...{ fingerprint: KEY.fingerprint, keyIndex: 0, version: 1 },
      },
    ]);
    const [there] = peersOf(joining);
    expect(there?.behind).toBeGreaterThan(0);
    expect(Math.abs(there?.skew ?? 99)).toBeLessThan(30);
    expect(there?.lastRound).toBeGreaterThan(1_700_000_000);
    expect(there?.bytesIn).toBeGreaterThan(there?.bytesOut ?? 0);
    await joining[Symbol.asyncDispose]();
    await until(() => connectedTo(full).length === 0);
    expect(peersOf(full)).toMatchObject([
      { name: undefined, address: '127.0.0.1', state: 'gone', recordsSent: 20, behindRecords: 0, joined: true },
    ]);
    // The same host again is the same peer.
    await using again = await peerWith({ store: joining.store, with: [full.at], listen: undefined, joinTimeout: 60 });
    await until(() => connectedTo(full).length === 1);
    expect(peersOf(full)).toMatchObject([{ state: 'connected', recordsSent: 20 }]);
    expect(again.rounds).toHaveLength(1);
  });

  it('is one where each names the other, by the name that it is configured with', async () => {
    const first = await peerWith();
    const { at } = first;
    await first[Symbol.asyncDispose]();
    await using other = await peerWith({ with: [at] });
    await until(() => peersOf(other)[0]?.state === 'nothing-listens');
    await using one = await peerWith({ listen: at, with: [other.at] });
    // Whichever of the two connections is kept.
    await until(() => one.rounds.length > 0 && other.rounds.length > 0);
    await until(() => peersOf(one).length === 1 && peersOf(other).length === 1);
    expect(peersOf(one)).toMatchObject([{ name: other.at, state: 'connected', joined: true }]);
    expect(peersOf(other)).toMatchObject([{ name: at, state: 'connected', joined: true }]);
  });

  it('says why it cannot be connected to, and warns once of each reason', async () => {
    await using other = await peerWith({ key: OTHER_KEY });
    await using mail = await smtp();
    await using busy = await hangingUp();
    const places = [NEVER_LISTENED, 'mx9.invalid', other.at, mail.at, busy.at];
    await using peer = await peerWith({ with: places, listen: undefined, clock: IMPATIENT });
    const states = () => peersOf(peer).map(({ state }) => state);
    await until(() => states().every((state) => state !== 'connecting') && peer.exchange.stats().unreachable > 15);
    expect(states()).toEqual(['nothing-listens', 'name', 'other-key', 'other-protocol', 'closed']);
    expect(peersOf(peer).map(({ trouble }) => trouble)).toEqual([
      'nothing listens there',
      'the name does not resolve',
      'it has another key',
      'what listens there is no exchange of state',
      'it ends the connection at once',
    ]);
    const warned = peer.warnings.map(({ message }) => message);
    expect(warned.toSorted()).toEqual(
      [
        `no connection to ${NEVER_LISTENED}: nothing listens there`,
        'no connection to mx9.invalid: the name does not resolve',
        `no connection to ${other.at}: it has another key`,
        `no connection to ${mail.at}: what listens there is no exchange of state`,
        `no connection to ${busy.at}: it ends the connection at once`,
      ].toSorted(),
    );
  });

  it('is mute where it takes the connection and no answer comes', async () => {
    await using silent = await serverThat(() => {});
    await using peer = await peerWith({ with: [silent.at], listen: undefined, clock: FAST });
    await until(() => peersOf(peer)[0]?.state === 'mute');
    expect(peersOf(peer)[0]?.trouble).toBe('it takes the connection, and says nothing');
    await peer.exchange.close();
  });

  it('has the place of its key in the keyring, so that a rotation can be followed', async () => {
    await using one = await peerWith({ key: new Keyring([OTHER_KEY, KEY]) });
    await using other = await peerWith({ key: KEY, with: [one.at], listen: undefined });
    await until(() => one.rounds.length === 1);
    expect(peersOf(one)).toMatchObject([{ fingerprint: KEY.fingerprint, keyIndex: 1 }]);
    expect(peersOf(other)).toMatchObject([{ fingerprint: KEY.fingerprint, keyIndex: 0 }]);
  });

  it('says how far its clock is ahead, where it says what it is at, and which version it speaks', async () => {
    await using peer = await peerWith();
    const end = await ManualEnd.connect(peer, 'nothing');
    const time = Math.floor(Date.now() / 1000) + 3600;
    end.send({ hello: { version: 7, instance: Buffer.alloc(16, 2), time } });
    end.send({ ask: { salt: 1, sums: Buffer.alloc(128) } });
    await end.message('ask');
    const [known] = peersOf(peer);
    expect(known).toMatchObject({ version: 7, outcome: 'asking', joined: false });
    expect(Math.abs((known?.skew ?? 0) - 3600)).toBeLessThan(30);
    end.socket.destroy();
    const older = await ManualEnd.connect(peer);
    await older.message('ask');
    expect(connectedTo(peer)[0]).toMatchObject({ version: 1, skew: undefined });
    older.socket.destroy();
  });
});

describe('an exchange that is closed while it looks at what its store holds', () => {
  it('gives up, and listens nowhere', async () => {
    const exchange = new Exchange({ key: KEY, store: new EndlessStore(), listen: LOOPBACK });
    const opening = exchange.open({ mergeRecords: async () => [] });
    const closing = exchange.close();
    await expect(opening).rejects.toMatchObject({ code: 'ERR_SPAMD_CLOSED' });
    await closing;
    expect(exchange.address).toBeUndefined();
  });
});

describe('who is refused', () => {
  it('is known by address and by what it calls its key, warned of at the third time, and forgotten with the key', async () => {
    await using peer = await peerWith();
    await using stranger = await peerWith({ key: OTHER_KEY, with: [peer.at], listen: undefined, clock: IMPATIENT });
    await until(() => (peer.exchange.stats().refusals[0]?.count ?? 0) > 4);
    const { fingerprint } = OTHER_KEY;
    expect(peer.exchange.stats().refusals).toMatchObject([{ address: '127.0.0.1', why: 'other-key', fingerprint }]);
    const message = `127.0.0.1 is refused: it has another key, ${fingerprint} it says`;
    expect(peer.warnings).toMatchObject([{ code: 'WARN_SPAMD_EXCHANGE', message }]);
    expect(peersOf(stranger)).toMatchObject([{ state: 'other-key', fingerprint: undefined }]);
    await stranger.exchange.close();
    // What is no fingerprint is not shown: whoever comes may have written it.
    const psk = Buffer.alloc(32);
    await expect(tlsTo(peer, { pskCallback: () => ({ psk, identity: 'a\u001b[31m' }) })).rejects.toThrow();
    await until(() => peer.exchange.stats().refusals[0]?.fingerprint === undefined);
    (await tlsTo(peer)).destroy();
    await until(() => peer.exchange.stats().refusals.length === 0);
  });

  it('is not warned of while it tries an old key after a new one', async () => {
    await using peer = await peerWith();
    await using other = await peerWith({ key: new Keyring([OTHER_KEY, KEY]), with: [peer.at], listen: undefined });
    await until(() => other.rounds.length === 1);
    expect(peer.exchange.stats()).toMatchObject({ unauthenticated: 1, refusals: [] });
    expect(peer.warnings).toEqual([]);
  });
});

describe('a look at a peer', () => {
  it('says that it answers, by which key, in which version and with which clock, and leaves no trace there', async () => {
    await using peer = await peerWith();
    const keys = new Keyring([OTHER_KEY, KEY]);
    const { skew, ...found } = (await probeExchange(peer.at, keys)) as { skew: number };
    const port = Number(peer.at.split(':')[1]);
    const { fingerprint } = KEY;
    expect(found).toEqual({ outcome: 'answers', address: '127.0.0.1', port, fingerprint, version: 1, ownVersion: 1 });
    expect(Math.abs(skew)).toBeLessThan(30);
    await until(() => peersOf(peer).length === 0);
    expect(peer.exchange.stats()).toMatchObject({ malformed: 0, rounds: 0 });
    expect(peer.warnings).toEqual([]);
  });

  it('tells another key, nothing there, no name, and what is no exchange', async () => {
    await using peer = await peerWith({ key: OTHER_KEY });
    await using mail = await smtp();
    const outcomes = [peer.at, NEVER_LISTENED, 'mx9.invalid', mail.at].map((at) => probeExchange(at, KEY));
    expect((await Promise.all(outcomes)).map(({ outcome }) => outcome)).toEqual([
      'other-key',
      'nothing-listens',
      'name',
      'other-protocol',
    ]);
    await expect(probeExchange('8027', KEY)).rejects.toMatchObject({ code: 'ERR_SPAMD_OPTION' });
  });
});

describe('a place', () => {
  it.each([
    ['mx1.example.org', { host: 'mx1.example.org', port: 8027 }, 'mx1.example.org'],
    ['192.0.2.1:9', { host: '192.0.2.1', port: 9 }, '192.0.2.1:9'],
    ['[2001:db8::1]', { host: '2001:db8::1', port: 8027 }, '[2001:db8::1]'],
    ['[::]:9', { host: '::', port: 9 }, '[::]:9'],
  ])('%s', (text, place, words) => {
    expect(parsePlace(text)).toEqual(place);
    expect(placeWords(place)).toBe(words);
  });

  it.each(['', '8027', ':8027', '2001:db8::1', 'mx1:', 'mx1:x', 'mx1:65536', 'mx 1', '[mx1]', '[::1'])(
    'is not %j',
    (text) => {
      expect(parsePlace(text)).toBeUndefined();
    },
  );
});
