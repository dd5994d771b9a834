import { type Clock, type Entry, EntryError, SpamdSyncError } from 'spamd-sync';
import { describe, expect, it } from 'vitest';
import { LOCAL, NOW, openRig, turn } from '../support/rig.ts';

const OLD = NOW - 1000;
const MARKER: Entry = { type: 'white', ip: '203.0.113.1', timestamp: NOW, expires: 0 };

function whites(count: number, timestamp: number): Entry[] {
  return Array.from({ length: count }, (_, at) => ({ type: 'white', ip: '203.0.113.1', timestamp, expires: at + 1 }));
}

/** Entries about different addresses, sent now. Only WHITE slow down what follows. */
function many(count: number, type: 'white' | 'trapped' = 'white'): Entry[] {
  return Array.from({ length: count }, (_, at) => ({
    type,
    ip: `198.${18 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`,
    timestamp: NOW,
    expires: at + 1,
  }));
}

/** Whether a receiver that checks freshness would take each of these datagrams. */
function fresh(datagrams: readonly Entry[][]): boolean[] {
  return datagrams.map((entries) => Math.max(...entries.map(({ timestamp }) => timestamp)) === NOW);
}

function unmarked(datagrams: readonly Entry[][]): Entry[] {
  return datagrams.flat().filter((entry) => !('expires' in entry && entry.expires === 0));
}

describe('backdated entries', () => {
  it('have a freshness marker from 60 seconds on', async () => {
    for (const [age, marked] of [
      [59, false],
      [60, true],
      [61, true],
    ] as const) {
      const { peer, transport } = await openRig({ targets: ['mx'] });
      const entries = whites(1, NOW - age);
      await peer.announce(entries, { backdated: true });
      expect(transport.link().entries).toEqual([marked ? [MARKER, ...entries] : entries]);
    }
  });

  it('have no freshness marker unless they are announced as backdated', async () => {
    const { peer, transport } = await openRig({ targets: ['mx'] });
    await peer.announce(whites(1, OLD));
    expect(transport.link().entries).toEqual([whites(1, OLD)]);
  });

  it('share the freshness marker, 84 of them a datagram', async () => {
    const { peer, transport } = await openRig({ targets: ['mx'] });
    const entries = whites(84, OLD);
    const report = await peer.announce(entries, { backdated: true });
    expect(transport.link().entries).toEqual([[MARKER, ...entries]]);
    expect(report.targets).toMatchObject([{ sent: 84 }]);
  });

  it('have a freshness marker in every datagram that they fill', async () => {
    const { peer, transport } = await openRig({ targets: ['mx'] });
    const entries = whites(200, OLD);
    await peer.announce(entries, { backdated: true });
    expect(fresh(transport.link().entries)).toEqual([true, true, true]);
    expect(unmarked(transport.link().entries)).toEqual(entries);
  });

  it('are known for our own when they come back', async () => {
    const { peer, transport, seen } = await openRig({ targets: ['mx'] });
    await peer.announce(whites(1, OLD));
    transport.receive(transport.link().sent[0] ?? Buffer.alloc(0), LOCAL);
    expect(seen.drops).toMatchObject([{ reason: 'self' }]);
  });
});

describe('seed', () => {
  it('sends everything in full datagrams, each taken for sent now', async () => {
    const { peer, transport } = await openRig({ targets: ['mx', { host: 'gr', dialect: 'greyd' }] });
    const entries = whites(300, OLD);
    const progress: number[] = [];
    const report = await peer.seed(entries, { rate: 10_000, onProgress: ({ datagrams }) => progress.push(datagrams) });
    for (const link of transport.links) {
      expect(fresh(link.entries)).toEqual([true, true, true, true]);
      expect(unmarked(link.entries)).toEqual(entries);
    }
    expect(report).toMatchObject({ entries: 300, datagrams: 8, aborted: false });
    expect(report.targets).toMatchObject([
      { target: 'mx', sent: 300, failed: 0 },
      { target: 'gr', sent: 300, failed: 0 },
    ]);
    expect(progress).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('counts what it may not send, removals too', async () => {
    const { peer, transport } = await openRig({ targets: [{ host: 'gr', dialect: 'greyd' }] });
    const report = await peer.seed([
      { type: 'remove-white', ip: '203.0.113.1', timestamp: OLD },
      { type: 'white', ip: '::1', timestamp: OLD, expires: 5 },
      { type: 'grey', ip: '203.0.113.1', helo: '"', from: 'a', to: 'b', timestamp: OLD },
    ]);
    expect(report.skipped).toMatchObject({ removal: 1, address: 1, unsafe: 1, control: 0 });
    expect(report).toMatchObject({ entries: 3, datagrams: 0 });
    expect(transport.link().sent).toEqual([]);
  });

  it('goes to one target alone, by name', async () => {
    const { peer, transport } = await openRig({ targets: ['mx', 'mx2'] });
    await peer.seed(whites(1, NOW), { to: 'mx2', rate: 10_000 });
    await peer.seed(whites(1, NOW), { to: 'new.example.org', rate: 10_000 });
    expect(transport.links.map(({ sent }) => sent.length)).toEqual([0, 1]);
    expect(transport.later.map(({ address, sent, refreshed }) => [address, sent.length, refreshed])).toEqual([
      ['new.example.org', 1, 1],
    ]);
  });

  it('reports a target that fails, and goes on with the others', async () => {
    const { peer, transport } = await openRig({ targets: ['a', 'b'] });
    const refuse = new SpamdSyncError('ERR_SPAMD_SEND', 'down');
    transport.link(0).refuse = refuse;
    const report = await peer.seed(whites(5, NOW));
    expect(report.targets).toEqual([
      { target: 'a', dialect: 'spamd', sent: 0, failed: 5, error: refuse },
      { target: 'b', dialect: 'spamd', sent: 5, failed: 0, error: undefined },
    ]);
  });

  it.each([0, -1, 0.009, 10_001, Number.NaN])('refuses a rate of %d', async (rate) => {
    const { peer } = await openRig({ targets: ['mx'] });
    const refused = expect.objectContaining({ code: 'ERR_SPAMD_OPTION', message: expect.stringContaining('rate') });
    await expect(peer.seed([], { rate })).rejects.toEqual(refused);
  });

  it.each([0.01, 1, 10_000])('takes a rate of %d', async (rate) => {
    const { peer } = await openRig({ targets: ['mx'] });
    expect(await peer.seed(whites(1, NOW), { rate })).toMatchObject({ datagrams: 1 });
  });

  it('stops when its signal is aborted, and when the peer closes', async () => {
    const { peer, transport } = await openRig({ targets: ['mx'] });
    const report = await peer.seed(whites(5, NOW), { signal: AbortSignal.abort() });
    expect(report).toMatchObject({ entries: 0, datagrams: 0, aborted: true });
    const seeding = peer.seed(whites(1000, NOW), { rate: 1, onProgress: () => void peer.close() });
    expect(await seeding).toMatchObject({ datagrams: 1, aborted: true });
    expect(transport.link().sent).toHaveLength(1);
    await expect(peer.seed([])).rejects.toMatchObject({ code: 'ERR_SPAMD_CLOSED' });
  });

  it('does not make up for a source that was slow', async () => {
    const { peer, transport, clock } = await openRig({ targets: ['mx'] });
    async function* slow(): AsyncGenerator<Entry> {
      yield* whites(86, NOW);
      clock.skip(5);
      yield* whites(20 * 85, NOW);
    }
    const abort = new AbortController();
    const seeding = peer.seed(slow(), { signal: abort.signal });
    const { sent } = transport.link();
    await clock.advance(0);
    expect(sent).toHaveLength(2);
    await clock.advance(0.2);
    expect(sent).toHaveLength(2);
    // A timer that was late by 0.1 seconds is made up for, no more.
    await clock.advance(0.05);
    expect(sent).toHaveLength(3);
    await clock.advance(1);
    expect(sent).toHaveLength(6);
    abort.abort();
    expect(await seeding).toMatchObject({ aborted: true, datagrams: 6 });
    expect(sent).toHaveLength(6);
  });

  it('does not come in a burst when the timers of several seeds are late', async () => {
    let time = 0;
    let due: (() => void)[] = [];
    const clock: Clock = {
      now: () => NOW + time,
      monotonic: () => time,
      setTimer: (_seconds, task) => {
        due.push(task);
        return {
          cancel: () => {
            due = due.filter((other) => other !== task);
          },
        };
      },
      endOfTurn: (task) => {
        const immediate = setImmediate(task);
        return { cancel: () => clearImmediate(immediate) };
      },
    };
    const { peer, transport } = await openRig({ targets: ['mx'], clock });
    for (let seed = 0; seed < 5; seed++) void peer.seed(many(1000));
    await turn();
    const { sent } = transport.link();
    expect(sent).toHaveLength(1);
    time = 5;
    for (const task of due) task();
    await turn();
    expect(sent).toHaveLength(2);
    await peer.close();
  });

  it.each(['aborted', 'closed'])('ends when it is %s while its source keeps it waiting', async (how) => {
    const { peer } = await openRig({ targets: ['mx'] });
    const abort = new AbortController();
    let waiting = () => {};
    const reached = new Promise<void>((resolve) => {
      waiting = resolve;
    });
    async function* stuck(): AsyncGenerator<Entry> {
      yield* whites(3, NOW);
      waiting();
      await new Promise(() => {});
    }
    const seeding = peer.seed(stuck(), { signal: abort.signal });
    await reached;
    if (how === 'aborted') abort.abort();
    else await peer.close();
    expect(await seeding).toMatchObject({ entries: 3, datagrams: 0, aborted: true });
  });

  it('rejects with what its source throws', async () => {
    const { peer } = await openRig({ targets: ['mx'] });
    async function* broken(): AsyncGenerator<Entry> {
      yield* whites(3, NOW);
      throw new Error('the file is damaged');
    }
    await expect(peer.seed(broken())).rejects.toThrow('the file is damaged');
  });

  it('rejects at a mistake of the caller', async () => {
    const { peer } = await openRig({ targets: ['mx'] });
    const wrong = { type: 'white', ip: 'mx', timestamp: NOW, expires: 5 } as const;
    const error = await peer.seed([...whites(1, NOW), wrong]).catch((caught) => caught);
    expect(error).toBeInstanceOf(EntryError);
    expect(error).toMatchObject({ field: 'ip', index: 1 });
  });

  it('is taken for sent now by receivers that check freshness, however long it takes', async () => {
    const { peer, transport, clock } = await openRig({ targets: ['mx'] });
    const seeding = peer.seed(whites(900 * 84, NOW), { rate: 1 });
    await clock.advance(1000);
    const report = await seeding;
    expect(report).toMatchObject({ aborted: false, entries: 900 * 84 });
    const { entries } = transport.link();
    expect(unmarked(entries)).toHaveLength(900 * 84);
    // Sent one a second from the start on, and from then on with a marker where timestamps are a minute old.
    const newest = entries.map((each) => Math.max(...each.map(({ timestamp }) => timestamp)));
    for (const [at, timestamp] of newest.entries()) expect(NOW + at - timestamp).toBeLessThanOrEqual(60);
  });
});

describe('the rate of a seed', () => {
  it('is shared with bulk sends and other seeds, unless it has one of its own', async () => {
    const { peer, transport, clock } = await openRig({ targets: ['mx'] });
    void peer.announce(many(4000, 'trapped'));
    void peer.seed(many(4000, 'trapped'));
    void peer.seed(many(4000, 'trapped'), { to: 'mx' });
    await clock.advance(0.5);
    const before = transport.link().sent.length;
    await clock.advance(10);
    // Six and nine a second before they shared one budget.
    expect(transport.link().sent.length - before).toBe(30);
    void peer.seed(many(4000, 'trapped'), { rate: 10 });
    await clock.advance(0.5);
    const between = transport.link().sent.length;
    await clock.advance(2);
    expect(transport.link().sent.length - between).toBe(6 + 20);
    await peer.close();
  });

  it('is batch.bulkRate where that is set', async () => {
    const { peer, transport, clock } = await openRig({ targets: ['mx'], batch: { bulkRate: 8 } });
    void peer.seed(many(4000));
    await clock.advance(0.5);
    const before = transport.link().sent.length;
    await clock.advance(2);
    expect(transport.link().sent.length - before).toBe(16);
    await peer.close();
  });

  it('falls as the seed itself fills the group with WHITE', async () => {
    const { peer, transport, clock } = await openRig({ targets: ['mx'] });
    const seeding = peer.seed(many(60_000));
    await clock.advance(5);
    expect(transport.link().sent).toHaveLength(16);
    expect(peer.stats().bulk.rate).toBe(3);
    await clock.advance(600);
    expect((await seeding).entries).toBe(60_000);
    const { rate, whites: known } = peer.stats().bulk;
    expect(Math.abs(known - 60_000)).toBeLessThan(3000);
    expect(rate).toBeLessThan(0.82);
    expect(rate).toBeGreaterThan(0.72);
  });
});
