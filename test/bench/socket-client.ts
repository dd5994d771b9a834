/** A process that asks a greylist which another serves on a Unix socket, so often a second. */
import { setTimeout } from 'node:timers/promises';
import { RemoteGreylist } from 'spamd-sync/socket';
import { answer } from './child.ts';
import { sampleAttempt } from './stored.ts';

export interface Asked {
  /** How long each answer took, milliseconds. */
  readonly took: number[];
  /** How many were not decided. */
  readonly failed: number;
}

const calls = {
  /** @param from The number of the first attempt; each is one that the greylist has not seen. */
  async ask(asked: { path: string; rate: number; milliseconds: number; from: number }): Promise<Asked> {
    await using greylist = new RemoteGreylist(asked.path);
    const took: number[] = [];
    let failed = 0;
    const ask = async (number: number): Promise<void> => {
      const at = performance.now();
      const { reason } = await greylist.check(sampleAttempt(number));
      took.push(performance.now() - at);
      if (reason === 'error') failed++;
    };
    await ask(asked.from);
    const begin = performance.now();
    const waiting: Promise<void>[] = [];
    for (let next = 1; ; ) {
      const elapsed = performance.now() - begin;
      if (elapsed > asked.milliseconds) break;
      for (const due = (elapsed / 1000) * asked.rate; next <= due; next++) waiting.push(ask(asked.from + next));
      await setTimeout(1);
    }
    await Promise.all(waiting);
    return { took, failed };
  },
};

export type SocketClientCalls = typeof calls;

answer(calls);
