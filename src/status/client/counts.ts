import type { Counts } from '../shapes.ts';
import { byId, element } from './dom.ts';
import { count } from './format.ts';

/** Shows the counters, and leaves out those that are 0. */
export function showCounts({ verdicts, received, drops, ignored, skipped, sent, held }: Counts): void {
  fill('verdicts', verdicts);
  fill('received', received);
  fill('drops', drops);
  fill('ignored', ignored);
  fill('skipped', { ...skipped });
  fill('held', held === undefined ? { 'the store does not answer': 0 } : { ...held, 'entries sent': sent }, true);
}

function fill(id: string, counts: Readonly<Record<string, number>>, isWhole = false): void {
  const shown = Object.entries(counts).filter(([, value]) => isWhole || value > 0);
  const list = byId(id, HTMLElement);
  if (shown.length === 0) list.replaceChildren(element('dt', 'nothing', 'nothing'), element('dd', '', ''));
  else {
    list.replaceChildren(
      ...shown.flatMap(([name, value]) => [element('dt', '', name), element('dd', '', count(value))]),
    );
  }
}
