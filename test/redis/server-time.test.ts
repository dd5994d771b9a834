import { describe, expect, it } from 'vitest';
import { ServerTime } from '../../src/redis/server-time.ts';
import { VirtualClock } from '../../src/transport/virtual-clock.ts';

/** A host's clock that shows 1000, and what it makes of a server that is so far ahead, a command taking so long. */
function estimating() {
  const clock = new VirtualClock(1000);
  const time = new ServerTime(clock);
  const ask = async (ahead: number, there: number, back: number): Promise<number> => {
    const correct = time.asked();
    await clock.advance(there);
    const read = clock.now() + ahead;
    await clock.advance(back);
    correct(read);
    return time.now() - Math.floor(clock.now());
  };
  return { time, ask };
}

describe('the time of the server', () => {
  it('is the time of the host until a reply says otherwise', async () => {
    const { time, ask } = estimating();
    expect(time.now()).toBe(1000);
    expect(await ask(0.4, 1, 1)).toBe(0);
  });

  it('is taken over, whether it is ahead or behind', async () => {
    const { ask } = estimating();
    expect(await ask(500, 0, 0)).toBe(500);
    expect(await ask(-500, 0, 0)).toBe(-500);
    expect(await ask(500, 0, 0)).toBe(500);
  });

  it('is as exact as the fastest reply, whatever slow ones come after it', async () => {
    const { ask } = estimating();
    await ask(50, 0, 0);
    expect(await ask(50, 20, 0)).toBe(50);
    expect(await ask(50, 0, 20)).toBe(50);
  });
});
