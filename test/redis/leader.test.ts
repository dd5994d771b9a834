import type { GroupPeer } from 'spamd-sync/redis';
import { describe, expect, it } from 'vitest';
import { Leader } from '../../src/redis/leader.ts';

describe('a leader', () => {
  it('closes a peer that was opened after the lease was lost', async () => {
    const events: string[] = [];
    const peer: GroupPeer = {
      on: () => {},
      announce: async () => {},
      close: async () => void events.push('closed'),
    };
    let opened = (_peer: GroupPeer): void => {};
    const open = () =>
      new Promise<GroupPeer>((resolve) => {
        opened = resolve;
      });
    const leader = new Leader(open, {
      entry: () => {},
      lead: () => events.push('lead'),
      yield: () => events.push('yield'),
      failed: () => events.push('failed'),
      sent: () => {},
      refused: () => {},
    });
    leader.start();
    const stopped = leader.stop();
    opened(peer);
    await stopped;
    expect(leader.leads).toBe(false);
    expect(events).toEqual(['closed']);
  });
});
