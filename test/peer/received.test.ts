import type { Entry, Received } from 'spamd-sync';
import { encodeDatagram } from 'spamd-sync/wire';
import { describe, expect, it } from 'vitest';
import { KEY } from '../support/frame.ts';
import { NOW, openRig, type Rig, reasons, SOURCE, turn } from '../support/rig.ts';

/** Lets so many entries come in, numbered by their expiry from `first` on. */
function receive({ transport }: Rig, count: number, first = 0): void {
  for (let at = 0; at < count; at += 64) {
    const entries = Array.from(
      { length: Math.min(64, count - at) },
      (_, i): Entry => ({
        type: 'white',
        ip: '203.0.113.1',
        timestamp: NOW,
        expires: first + at + i,
      }),
    );
    transport.receive(encodeDatagram(entries, { key: KEY, counter: first + at }));
  }
}

function numbers(received: readonly Received[]): (number | undefined)[] {
  return received.map(({ entry }) => ('expires' in entry ? entry.expires : undefined));
}

async function drain(reader: AsyncIterable<Received>): Promise<Received[]> {
  const all: Received[] = [];
  for await (const received of reader) all.push(received);
  return all;
}

describe('received()', () => {
  it('hands out what came in since, in order, with the source, to each reader', async () => {
    const rig = await openRig();
    receive(rig, 3);
    const first = rig.peer.received();
    receive(rig, 100, 100);
    const second = rig.peer.received();
    receive(rig, 10, 300);
    await rig.peer.close();
    const all = await drain(first);
    expect(numbers(all)).toEqual([
      ...Array.from({ length: 100 }, (_, at) => 100 + at),
      ...Array.from({ length: 10 }, (_, at) => 300 + at),
    ]);
    expect(all[0]?.source).toEqual(SOURCE);
    expect(numbers(await drain(second))).toEqual(Array.from({ length: 10 }, (_, at) => 300 + at));
  });

  it('waits for the next, several at once in order', async () => {
    const rig = await openRig();
    const reader = rig.peer.received();
    const waiting = [reader.next(), reader.next(), reader.next()];
    receive(rig, 4);
    const values = (await Promise.all(waiting)).map(({ value }) => value);
    expect(numbers(values)).toEqual([0, 1, 2]);
    expect(numbers([(await reader.next()).value])).toEqual([3]);
  });

  it('stays in order while reading and receiving take turns', async () => {
    const rig = await openRig();
    const reader = rig.peer.received();
    const got: (number | undefined)[] = [];
    let next = 0;
    for (let round = 0; round < 30; round++) {
      receive(rig, 7, next);
      next += 7;
      for (let at = 0; at < (round % 3) * 5; at++) got.push(...numbers([(await reader.next()).value]));
    }
    await rig.peer.close();
    got.push(...numbers(await drain(reader)));
    expect(got).toEqual([...Array(210).keys()]);
  });

  it('keeps 16384 for a slow reader, and counts what it misses', async () => {
    const rig = await openRig();
    const reader = rig.peer.received();
    receive(rig, 16_384);
    expect(reasons(rig.seen)).toEqual([]);
    receive(rig, 3, 16_384);
    expect(rig.seen.drops).toMatchObject(Array(3).fill({ reason: 'overload', source: SOURCE, size: 0 }));
    expect(rig.peer.stats().drops.overload).toBe(3);
    expect(rig.seen.entries).toHaveLength(16_387);
    await reader.next();
    receive(rig, 2, 20_000);
    expect(rig.peer.stats().drops.overload).toBe(4);
    await rig.peer.close();
    expect(numbers(await drain(reader))).toEqual([...Array.from({ length: 16_383 }, (_, at) => at + 1), 20_000]);
  });

  it('does not make other readers miss what a slow one has no room for', async () => {
    const rig = await openRig();
    rig.peer.received();
    const quick = rig.peer.received();
    receive(rig, 16_384);
    for (let at = 0; at < 16_384; at++) await quick.next();
    receive(rig, 1, 50_000);
    expect(numbers([(await quick.next()).value])).toEqual([50_000]);
  });

  it('ends when the peer closes, also for who is waiting', async () => {
    const rig = await openRig();
    const reader = rig.peer.received();
    const waiting = reader.next();
    await rig.peer.close();
    expect(await waiting).toEqual({ value: undefined, done: true });
    expect(await reader.next()).toEqual({ value: undefined, done: true });
    expect(await drain(rig.peer.received())).toEqual([]);
  });

  it('rejects with the reason when its signal is aborted', async () => {
    const rig = await openRig();
    const controller = new AbortController();
    const reader = rig.peer.received({ signal: controller.signal });
    const other = rig.peer.received();
    const waiting = reader.next();
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(reader.next()).rejects.toBe(reason);
    receive(rig, 20_000);
    expect(rig.peer.stats().drops.overload).toBe(20_000 - 16_384);
    expect(numbers([(await other.next()).value])).toEqual([0]);
  });

  it('rejects at once when its signal was aborted before, and keeps nothing', async () => {
    const rig = await openRig();
    const reason = new Error('never');
    const reader = rig.peer.received({ signal: AbortSignal.abort(reason) });
    receive(rig, 16_385);
    expect(rig.peer.stats().drops.overload).toBe(0);
    await expect(reader.next()).rejects.toBe(reason);
  });

  it('frees the queue when the loop is left', async () => {
    const rig = await openRig();
    receive(rig, 0);
    const reader = rig.peer.received();
    receive(rig, 10);
    for await (const { entry } of reader) {
      expect(entry.type).toBe('white');
      break;
    }
    expect(await reader.next()).toEqual({ value: undefined, done: true });
    receive(rig, 16_400, 100);
    expect(rig.peer.stats().drops.overload).toBe(0);
  });

  it('lets go of its signal', async () => {
    const rig = await openRig();
    const controller = new AbortController();
    let listeners = 0;
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    const reader = rig.peer.received({ signal });
    expect(listeners).toBe(1);
    await reader.return?.();
    await turn();
    expect(listeners).toBe(0);
  });
});
