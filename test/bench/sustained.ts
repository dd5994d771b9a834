import { Child } from './child.ts';
import type { ListenerCalls } from './listener.ts';
import type { Part } from './part.ts';
import type { SenderCalls } from './sender.ts';
import { count, megabytes } from './table.ts';

const RATE = 30_000;

export const sustained: Part = {
  name: 'sustained',
  title: `Sustained, single-entry datagrams at ${count(RATE)} a second`,
  async run(quick) {
    const datagrams = quick ? 30_000 : 200_000;
    // Sent after the memory against replay is full: from then on the heap must not grow at all.
    const afterwards = quick ? 15_000 : 60_000;
    await using sender = new Child<SenderCalls>('sender');
    await using listener = new Child<ListenerCalls>('listener');
    await sender.ask('prepare', { kind: 'white', datagrams: datagrams + afterwards, perDatagram: 1 });
    const { port, receiveBuffer } = await listener.ask('open', { by: 'peer', ...(quick && { maxDigests: 16_384 }) });

    const sent = await sender.ask('send', { port, from: 0, count: datagrams, rate: RATE });
    const heard = await listener.ask('heard', undefined);
    const heap = await listener.ask('heap', undefined);

    await sender.ask('send', { port, from: datagrams, count: afterwards, rate: RATE });
    const { entries } = await listener.ask('heard', undefined);
    const later = await listener.ask('heap', undefined);
    await listener.ask('close', undefined);

    const refused = Object.values(heard.drops).reduce((total, drops) => total + drops, 0);
    const grown = later.now - heap.now;
    return [
      {
        what: 'delivered of sent',
        ours: count(heard.entries),
        against: count(sent.datagrams),
        ratio: heard.entries / sent.datagrams,
        sound: heard.entries === sent.datagrams,
      },
      { what: 'dropped by the kernel; refused', ours: `${heard.kernelDrops ?? 'not told'}; ${count(refused)}` },
      {
        what: 'rate kept; largest burst',
        ours: `${count(sent.datagrams / sent.seconds)}; ${count(sent.largestBurst)}`,
      },
      { what: 'longest pause of the listener', ours: `${heard.longestPauseMs.toFixed(0)} ms` },
      { what: 'receive buffer granted', ours: megabytes(receiveBuffer) },
      { what: 'CPU a datagram', ours: `${((heard.cpuSeconds / heard.datagrams) * 1e6).toFixed(2)} us` },
      { what: 'heap after, before', ours: megabytes(heap.now), against: megabytes(heap.before) },
      { what: 'heap at most; resident at most', ours: `${megabytes(heap.most)}; ${megabytes(heap.mostResident)}` },
      { what: 'digests in the replay window', ours: count(heard.digests) },
      {
        what: `heap grown by ${count(entries - heard.entries)} more`,
        ours: megabytes(grown),
        sound: grown < 2 ** 20,
      },
    ];
  },
};
