/** A process that answers Postfix's policy protocol on a Unix socket: by a greylist in memory, or always DUNNO. */
import { Greylist, MemoryStore } from 'spamd-sync';
import { type PolicyServer, servePolicy } from 'spamd-sync/adapters/postfix';
import { keepYoungHeapSmall } from '../../src/cli/serve/young-heap.ts';
import { answer } from './child.ts';

// As the daemon does.
keepYoungHeapSmall();

let greylist: Greylist | undefined;
let server: PolicyServer | undefined;

const calls = {
  async open({ path, decides }: { path: string; decides: boolean }): Promise<void> {
    greylist = new Greylist({ store: new MemoryStore() });
    const passing = { check: async () => ({ action: 'pass', reason: 'exempt' }) as const };
    server = await servePolicy(decides ? greylist : passing, { path });
  },

  async close(_: null): Promise<void> {
    await server?.close();
    await greylist?.close();
  },
};

export type PolicyServerCalls = typeof calls;

answer(calls);
