import type { Greylist, SyncPeer } from '../index.ts';

/** Why a daemon is not well, a line each; none where it is. What a target does not take is its own trouble, and no reason. */
export async function troublesOf(
  peer: Pick<SyncPeer, 'health'>,
  greylist: Pick<Greylist, 'stats'>,
): Promise<readonly string[]> {
  const { store } = await greylist.stats();
  const gone = peer.health().interfaces.filter(({ address }) => address === undefined);
  return [
    ...(store === undefined ? ['the store does not answer'] : []),
    ...gone.map(({ name, detail }) => `${name}: ${detail ?? 'is gone'}`),
  ];
}
