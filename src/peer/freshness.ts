/**
 * Whether a datagram was sent lately. Its newest timestamp says when: a batch may also tell of older things.
 *
 * @param newest The newest timestamp in the datagram, Unix seconds; -1 when it has none, and so nothing to replay.
 * @param maxSkew How far it may lie from now, before or after, in seconds; `false` turns the check off.
 */
export function isFresh(newest: number, now: number, maxSkew: number | false): boolean {
  return maxSkew === false || newest < 0 || Math.abs(now - newest) <= maxSkew;
}

/** The last second at which a copy of this datagram could still be fresh. */
export function freshUntil(newest: number, now: number, maxSkew: number | false): number {
  if (maxSkew === false) return Number.POSITIVE_INFINITY;
  return (newest < 0 ? now : newest) + maxSkew;
}
