import type { Feed, FeedItem } from '../shapes.ts';
import { byId, element, mark } from './dom.ts';
import { count, timeOf } from './format.ts';

const MAX_SHOWN = 200;

const KINDS: Readonly<Record<FeedItem['kind'], readonly ['good' | 'bad' | 'warn' | 'quiet', string]>> = {
  received: ['quiet', '↓'],
  sent: ['quiet', '↑'],
  dropped: ['bad', '✕'],
  answered: ['quiet', '→'],
  warning: ['warn', '▲'],
};

let isPaused = false;
let missed = 0;

/** Adds what went on, the newest first. */
export function showFeed({ items, missed: more }: Feed): void {
  missed += more + (isPaused ? items.length : 0);
  const said = missed === 0 ? '' : `${count(missed)} more went by than could be shown`;
  byId('missed', HTMLElement).textContent = said;
  if (isPaused) return;
  const list = byId('feed', HTMLElement);
  list.prepend(...items.map(line).reverse());
  while (list.childElementCount > MAX_SHOWN) list.lastElementChild?.remove();
}

export function beginFeed(): void {
  // It scrolls, so it has to be reached by the keyboard.
  byId('feed', HTMLElement).tabIndex = 0;
  const button = byId('pause', HTMLButtonElement);
  button.addEventListener('click', () => {
    isPaused = !isPaused;
    button.ariaPressed = `${isPaused}`;
  });
}

/** A new stream begins with the last of what was before. */
export function clearFeed(): void {
  missed = 0;
  byId('feed', HTMLElement).replaceChildren();
}

function line({ time, kind, what, ip, host, detail }: FeedItem): HTMLLIElement {
  const [mood, shape] = KINDS[kind];
  const said = kind === 'warning' ? 'warning' : kind === 'dropped' ? `dropped ${what}` : what;
  const where = host === undefined ? '' : `${kind === 'sent' ? 'to' : 'from'} ${host}`;
  const rest = [where, kind === 'warning' ? `${what}: ${detail}` : detail].filter((text) => text !== '').join('; ');
  return element(
    'li',
    '',
    element('time', '', timeOf(time)),
    mark(mood, shape, said),
    element('span', 'who address', ip ?? ''),
    element('span', 'detail', rest),
  );
}
