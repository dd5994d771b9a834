import type { Greylist, SyncPeer } from '../index.ts';

/**
 * Why a daemon is not well, one line for each reason; none if it is well. A target that cannot be sent to is not a
 * reason: that is the trouble of the target.
 */
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
