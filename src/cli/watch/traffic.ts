import type { Drop, Entry, Source } from '../../index.ts';
import type { PeerEvent } from '../../socket/index.ts';

/** What a line can be about. */
export const LINE_TYPES = ['grey', 'white', 'trapped', 'removal', 'drop', 'missed'] as const;
export type LineType = (typeof LINE_TYPES)[number];

/** One entry or drop of the traffic of a peer, for a line of its own. `time` is Unix seconds. */
export type Line = { readonly type: LineType; readonly time: number } & (
  | { readonly event: 'received'; readonly entry: Entry; readonly source: Source }
  | { readonly event: 'sent'; readonly entry: Entry; readonly target: string }
  | ({ readonly event: 'dropped' } & Drop)
  | { readonly event: 'missed'; readonly count: number }
);

/** The lines for the events of a peer. Received freshness markers, which are WHITE with expiry 0, are left out. */
export async function* linesIn(events: AsyncIterable<PeerEvent>): AsyncGenerator<Line, void> {
  for await (const one of events) {
    const { time } = one;
    if (one.event === 'dropped') yield { type: 'drop', event: one.event, time, ...one.drop };
    else if (one.event === 'missed') yield { type: 'missed', event: one.event, time, count: one.count };
    else if (one.event === 'sent') {
      const { entries, target } = one.sent;
      for (const entry of entries) yield { type: typeOf(entry), event: one.event, time, target, entry };
    } else if (!isMarker(one.entry)) {
      yield { type: typeOf(one.entry), event: one.event, time, source: one.source, entry: one.entry };
    }
  }
}

/** Whether an entry is a freshness marker. It is sent before old entries to show that they are not a replay. */
export function isMarker(entry: Entry): boolean {
  return entry.type === 'white' && entry.expires === 0;
}

function typeOf({ type }: Entry): LineType {
  return type === 'remove-white' || type === 'remove-trapped' ? 'removal' : type;
}
