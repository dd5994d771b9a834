import { describe, expect, it } from 'vitest';
import { Calls } from '../../src/redis/calls.ts';
import { DueIndex } from '../../src/redis/due-index.ts';
import { ForeignItems } from '../../src/redis/foreign.ts';
import { Keys } from '../../src/redis/keys.ts';
import { VirtualClock } from '../../src/transport/virtual-clock.ts';

/** An index whose server answers as it is told to. */
function indexOf(cluster: boolean, answer: (args: string[]) => unknown) {
  const clock = new VirtualClock(0);
  const send = async (_key: string, args: string[]) => answer(args);
  const calls = new Calls({ cluster, send, masters: async () => [] }, clock, 2);
  const reported: string[] = [];
  const foreign = new ForeignItems(({ message }) => reported.push(message));
  const index = new DueIndex(calls, new Keys('spamd:', cluster), foreign, { clock, cluster });
  const due = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const slice of index.due(100)) found.push(...slice);
    return found;
  };
  return { index, due, clock, reported };
}

/** A page of those members. */
function page(members: readonly string[], args: readonly string[]): string[] {
  const [skip, count] = args.slice(-2).map(Number) as [number, number];
  return members.slice(skip, skip + count);
}

const many = Array.from({ length: 250 }, (_, n) => `10.0.0.${n}`);

describe('the index of what is due', () => {
  it('gives each address once where nobody takes any out', { timeout: 10_000 }, async () => {
    const { due } = indexOf(false, (args) => page(many, args));
    expect((await due()).sort()).toEqual([...many].sort());
  });

  it('gives each address once where some are taken out', async () => {
    let left = [...many];
    const { index } = indexOf(false, (args) => page(left, args));
    const found: string[] = [];
    for await (const slice of index.due(100)) {
      found.push(...slice);
      // Every other one is announced, and moved.
      left = left.filter((ip) => !slice.includes(ip) || Number(ip.split('.')[3]) % 2 === 0);
    }
    expect(new Set(found).size).toBe(found.length);
    expect(found.sort()).toEqual([...many].sort());
  });

  it('looks through all slots of a cluster every hour, and again where that fails', async () => {
    let looks = 0;
    let away = false;
    const { index, due, clock } = indexOf(true, ([command, key]) => {
      if (command === 'ZCARD') {
        looks++;
        if (away) throw new Error('away');
        return 0;
      }
      return [key];
    });
    const seconds = async (count: number) => clock.advance(count);
    expect(await due()).toEqual([]);
    expect(looks).toBe(16_384);
    index.note('192.0.2.1');
    expect(await due()).toHaveLength(1);
    expect(looks).toBe(16_384);
    await seconds(3601);
    away = true;
    await expect(due()).rejects.toThrow('away');
    away = false;
    looks = 0;
    expect(await due()).toEqual([]);
    expect(looks).toBe(16_384);
  });

  it('passes over an index of another type, in the look through a cluster and after it', async () => {
    const spoiled = new Set(['spamd:due:{7}']);
    const { due, reported } = indexOf(true, ([command, key = '']) => {
      if (spoiled.has(key)) throw new Error('WRONGTYPE Operation against a key holding the wrong kind of value');
      if (command === 'ZCARD') return Number(['spamd:due:{8}', 'spamd:due:{9}'].includes(key));
      return [key];
    });
    expect((await due()).sort()).toEqual(['spamd:due:{8}', 'spamd:due:{9}']);
    spoiled.add('spamd:due:{8}');
    expect(await due()).toEqual(['spamd:due:{9}']);
    expect(reported).toEqual([expect.stringContaining('due:{7}'), expect.stringContaining('due:{8}')]);
  });
});
