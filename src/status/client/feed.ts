import type { Feed, FeedItem } from '../shapes.ts';
import { byId, element, mark } from './dom.ts';
import { count, timeOf } from './format.ts';

type Look = readonly [mood: 'good' | 'bad' | 'warn' | 'quiet', shape: string];
/** What the user can choose to see. Warnings are always shown. */
type Choice = 'verdicts' | 'wire' | 'exchange' | 'drops';

/** How many lines of each kind are kept. */
const MAX_OF_KIND = 100;

const KINDS: Readonly<Record<FeedItem['kind'], readonly [...Look, choice: Choice | undefined]>> = {
  received: ['quiet', '↓', 'wire'],
  sent: ['quiet', '↑', 'wire'],
  exchanged: ['quiet', '⇄', 'exchange'],
  dropped: ['bad', '✕', 'drops'],
  answered: ['quiet', '→', 'verdicts'],
  warning: ['warn', '▲', undefined],
};

/** Verdicts, by their action. */
const VERDICTS: Readonly<Record<string, readonly [...Look, word: string]>> = {
  pass: ['good', '●', 'passed'],
  defer: ['warn', '◐', 'deferred'],
  reject: ['bad', '■', 'rejected'],
};

/** The lines that are kept, by their kind, the oldest first. */
const lines = new Map<FeedItem['kind'], HTMLLIElement[]>();
/** What the user chose not to see. */
const hidden = new Set<Choice>();
let isPaused = false;
let missed = 0;

/** Adds items to the timeline, the newest first. */
export function showFeed({ items, missed: more }: Feed): void {
  missed += more + (isPaused ? items.length : 0);
  const said = missed === 0 ? '' : `${count(missed)} more went by than could be shown`;
  byId('missed', HTMLElement).textContent = said;
  if (isPaused) return;
  byId('feed', HTMLElement).prepend(...items.map(keep).reverse());
  for (const all of lines.values()) for (const old of all.splice(0, all.length - MAX_OF_KIND)) old.remove();
}

export function beginFeed(): void {
  // The list scrolls, so the keyboard must be able to reach it.
  byId('feed', HTMLElement).tabIndex = 0;
  const button = byId('pause', HTMLButtonElement);
  button.addEventListener('click', () => {
    isPaused = !isPaused;
    button.ariaPressed = `${isPaused}`;
  });
  for (const box of document.querySelectorAll<HTMLInputElement>('#shown input')) {
    const choose = () => {
      if (box.checked) hidden.delete(box.name as Choice);
      else hidden.add(box.name as Choice);
      for (const [kind, all] of lines) for (const line of all) line.hidden = isHidden(kind);
    };
    box.addEventListener('change', choose);
    // A browser that loads the page again keeps the choices of the user.
    choose();
  }
}

/** Empties the timeline, because a new stream begins with the last items. */
export function clearFeed(): void {
  missed = 0;
  lines.clear();
  byId('feed', HTMLElement).replaceChildren();
}

function keep(item: FeedItem): HTMLLIElement {
  const { kind } = item;
  const made = line(item);
  made.hidden = isHidden(kind);
  const all = lines.get(kind);
  if (all === undefined) lines.set(kind, [made]);
  else all.push(made);
  return made;
}

function isHidden(kind: FeedItem['kind']): boolean {
  const [, , choice] = KINDS[kind];
  return choice !== undefined && hidden.has(choice);
}

function line({ time, kind, what, ip, host, detail }: FeedItem): HTMLLIElement {
  const [kindMood, kindShape] = KINDS[kind];
  const said = kind === 'warning' ? 'warning' : kind === 'dropped' ? `dropped ${what}` : what;
  const verdict = kind === 'answered' ? VERDICTS[what] : undefined;
  const [mood, shape, word] = verdict ?? [kindMood, kindShape, said];
  const where = host === undefined ? '' : `${kind === 'sent' ? 'to' : 'from'} ${host}`;
  const rest = [where, kind === 'warning' ? `${what}: ${detail}` : detail].filter((text) => text !== '').join('; ');
  return element(
    'li',
    '',
    element('time', '', timeOf(time)),
    mark(mood, shape, word),
    element('span', 'who address', ip ?? ''),
    element('span', 'detail', rest),
  );
}
