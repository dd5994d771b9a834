import type { PageRecord, RecordPage } from '../shapes.ts';
import { byId, cell, element } from './dom.ts';
import { count, dateOf } from './format.ts';

type Column = readonly [label: string, className: string, text: (record: PageRecord) => string];

const IP: Column = ['Address', 'address', ({ ip = '' }) => ip];
const UNTIL: Column = ['Until', '', ({ expires = 0 }) => dateOf(expires)];
const FIRST: Column = ['First seen', '', ({ first = 0 }) => dateOf(first)];
const DEFERRED: Column = ['Deferred', 'number', ({ blocked = 0 }) => count(blocked)];

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  TRAPPED: [IP, UNTIL],
  WHITE: [IP, FIRST, UNTIL, DEFERRED, ['Passed', 'number', ({ passed = 0 }) => count(passed)]],
  GREY: [
    IP,
    ['HELO', 'text', ({ helo = '' }) => helo],
    ['From', 'text', ({ from = '' }) => from],
    ['To', 'text', ({ to = '' }) => to],
    FIRST,
    DEFERRED,
  ],
  SPAMTRAP: [['Recipient', 'text', ({ address = '' }) => address]],
};
/** How many pages are kept, so that the user can turn back to them. */
const MAX_PAGES = 1000;

let type = 'TRAPPED';
let pages: RecordPage[] = [];
let at = 0;
let isAsking = false;

export function beginRecords(): void {
  byId('next', HTMLButtonElement).addEventListener('click', () => void turn());
  byId('back', HTMLButtonElement).addEventListener('click', () => {
    at = Math.max(0, at - 1);
    show();
  });
  const choices = [...document.querySelectorAll<HTMLButtonElement>('button[data-type]')];
  for (const button of choices) {
    button.addEventListener('click', () => {
      type = button.getAttribute('data-type') ?? type;
      for (const one of choices) one.ariaPressed = `${one === button}`;
      void begin();
    });
  }
  void begin();
}

async function begin(): Promise<void> {
  const wanted = type;
  const first = await asked(`type=${wanted}`);
  if (first === undefined || wanted !== type) return;
  pages = [first];
  at = 0;
  show();
}

async function turn(): Promise<void> {
  const next = pages[at]?.next;
  if (pages[at + 1] === undefined && next !== undefined) {
    if (isAsking) return;
    isAsking = true;
    const asking = pages;
    const page = await asked(`after=${encodeURIComponent(next)}`);
    isAsking = false;
    // Another type was chosen meanwhile.
    if (pages !== asking) return;
    // The server does not have this reader any more.
    if (page === undefined) return begin();
    pages.push(page);
    if (pages.length > MAX_PAGES) pages[pages.length - MAX_PAGES - 1] = { records: [], next: undefined };
  }
  if (pages[at + 1] === undefined) return;
  at++;
  show();
}

async function asked(query: string): Promise<RecordPage | undefined> {
  try {
    const response = await fetch(`api/records?${query}`);
    return response.ok ? ((await response.json()) as RecordPage) : undefined;
  } catch {
    byId('place', HTMLElement).textContent = 'no answer';
    return undefined;
  }
}

function show(): void {
  const columns = COLUMNS[type] ?? [];
  const { records = [], next } = pages[at] ?? {};
  const head = columns.map(([label, className]) => {
    const made = element('th', className === 'number' ? className : '', label);
    made.scope = 'col';
    return made;
  });
  byId('record-head', HTMLElement).replaceChildren(...head);
  const rows = records.map((record) =>
    element('tr', '', ...columns.map(([label, className, text]) => cell(label, className, text(record)))),
  );
  if (rows.length === 0) {
    const only = element('td', 'nothing', 'Nothing.');
    only.colSpan = columns.length;
    rows.push(element('tr', '', only));
  }
  byId('records', HTMLElement).replaceChildren(...rows);
  const before = pages.slice(0, at).reduce((sum, page) => sum + page.records.length, 0);
  byId('place', HTMLElement).textContent =
    records.length === 0 ? '' : `${count(before + 1)}–${count(before + records.length)}`;
  byId('back', HTMLButtonElement).disabled = at === 0;
  byId('next', HTMLButtonElement).disabled = next === undefined && pages[at + 1] === undefined;
}
