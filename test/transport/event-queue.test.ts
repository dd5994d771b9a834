import { describe, expect, it } from 'vitest';
import { EventQueue, type TimedEvent } from '../../src/transport/event-queue.ts';
import { generator } from '../../src/transport/random.ts';

function event(due: number): TimedEvent {
  return { due, run: () => {}, over: false };
}

function drain(queue: EventQueue, until = Number.POSITIVE_INFINITY): TimedEvent[] {
  const events: TimedEvent[] = [];
  for (let next = queue.shift(until); next !== undefined; next = queue.shift(until)) events.push(next);
  return events;
}

describe('EventQueue', () => {
  it('hands out events in order of time, those of one moment in the order in which they were added', () => {
    const { below, chance } = generator(3);
    const queue = new EventQueue();
    let expected: TimedEvent[] = [];
    for (let at = 0; at < 5000; at++) {
      const added = event(below(200));
      queue.add(added);
      expected.push(added);
      // Most are cancelled, so that cancelled events are cleared out on the way.
      if (chance(0.8)) queue.cancel(added);
    }
    expected = expected.filter(({ over }) => !over);
    // The sort is stable.
    expect(drain(queue)).toEqual(expected.sort((a, b) => a.due - b.due));
  });

  it('hands out nothing before it is due', () => {
    const queue = new EventQueue();
    for (const due of [5, 1, 3]) queue.add(event(due));
    expect(drain(queue, 0.5)).toEqual([]);
    expect(drain(queue, 3).map(({ due }) => due)).toEqual([1, 3]);
    expect(drain(queue).map(({ due }) => due)).toEqual([5]);
  });

  it('knows an event once, whether it is cancelled twice or after it happened', () => {
    const queue = new EventQueue();
    const events = Array.from({ length: 300 }, (_, due) => event(due));
    for (const one of events) queue.add(one);
    for (const one of events.slice(0, 100)) {
      queue.cancel(one);
      queue.cancel(one);
    }
    expect(drain(queue, 199)).toEqual(events.slice(100, 200));
    for (const one of events.slice(0, 200)) queue.cancel(one);
    expect(drain(queue)).toEqual(events.slice(200));
  });
});
