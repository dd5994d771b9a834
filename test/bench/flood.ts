import { Child } from './child.ts';
import { REAL_EVERY } from './forged.ts';
import type { ListenerCalls } from './listener.ts';
import type { Part } from './part.ts';
import type { SenderCalls } from './sender.ts';
import { count, megabytes } from './table.ts';

/** Slow enough for the kernel to keep up, so that what is missing would be our doing. */
const RATE = 25_000;

export const flood: Part = {
  name: 'flood',
  title: `Flood of forged datagrams at ${count(RATE)} a second, a real one every ${count(REAL_EVERY)}`,
  async run(quick) {
    const datagrams = quick ? 30_000 : 100_000;
    const real = datagrams / REAL_EVERY;
    await using sender = new Child<SenderCalls>('sender');
    await using listener = new Child<ListenerCalls>('listener');
    await sender.ask('prepare', { kind: 'forged', datagrams, perDatagram: 1 });
    const { port } = await listener.ask('open', { by: 'peer' });

    // The first part warms up: code is compiled and the table of strangers fills.
    const half = datagrams / 2;
    await sender.ask('send', { port, from: 0, count: half, rate: RATE });
    await listener.ask('heard', undefined);
    const between = await listener.ask('heap', undefined);
    await sender.ask('send', { port, from: half, count: half, rate: RATE });
    const heard = await listener.ask('heard', undefined);
    const heap = await listener.ask('heap', undefined);
    await listener.ask('close', undefined);

    const refused = Object.entries(heard.drops).filter(([, drops]) => drops > 0);
    const sum = refused.reduce((total, [, drops]) => total + drops, 0);
    const grown = heap.now - between.now;
    return [
      {
        what: 'entries delivered of real ones',
        ours: count(heard.entries),
        against: count(real),
        sound: heard.entries === real,
      },
      {
        what: 'refused of forged ones',
        ours: count(sum),
        against: count(datagrams - real),
        sound: sum === datagrams - real,
      },
      { what: '  by reason', ours: refused.map(([reason, drops]) => `${reason} ${count(drops)}`).join(', ') },
      { what: '  dropped by the kernel', ours: `${heard.kernelDrops ?? 'not told'}` },
      { what: 'CPU a datagram', ours: `${((heard.cpuSeconds / heard.datagrams) * 1e6).toFixed(2)} us` },
      { what: 'heap after, before', ours: megabytes(heap.now), against: megabytes(heap.before) },
      { what: 'heap grown in the second half', ours: megabytes(grown), sound: grown < 2 ** 20 },
      { what: 'digests in the replay window', ours: count(heard.digests), sound: heard.digests === real },
    ];
  },
};
