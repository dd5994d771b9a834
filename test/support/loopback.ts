/** Peers on the loopback interface, closed after each test; for test files that mock `node:dns/promises`. */
import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { SyncPeer, type SyncPeerOptions } from 'spamd-sync';
import type { WhiteEntry } from 'spamd-sync/wire';
import { afterEach, beforeEach, vi } from 'vitest';
import { KEY } from './frame.ts';

export const WHITE: WhiteEntry = { type: 'white', ip: '203.0.113.1', timestamp: 1_800_000_000, expires: 9 };
/** Closed after each test. */
export const open: { close(): Promise<unknown> }[] = [];
export const loopback = Object.entries(networkInterfaces()).find(([, list]) =>
  list?.some(({ address }) => address === '127.0.0.1'),
)?.[0];

beforeEach(() => {
  vi.mocked(lookup).mockReset();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

export async function peerAt(options: Partial<SyncPeerOptions> = {}): Promise<SyncPeer> {
  const peer = await SyncPeer.open({ key: KEY, listen: '127.0.0.1', port: 0, maxSkew: false, ...options });
  open.push(peer);
  return peer;
}

/** Names that resolve in these tests, to what. */
export function names(known: Record<string, string>): void {
  vi.mocked(lookup).mockImplementation(async (name: string) => {
    const address = known[name];
    if (address === undefined) throw Object.assign(new Error(`no ${name}`), { code: 'ENOTFOUND' });
    return [{ address, family: 4 }].flat()[0] as never;
  });
}
