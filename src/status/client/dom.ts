/** Elements, made and found. Every text goes in as a text: nothing that a client sent is ever read as markup. */

/** @throws {Error} Where the page has no such element, or it is another kind. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`);
  return found;
}

/** An element with a class and with children, of which a string is a text. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  className: string,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  if (className !== '') made.className = className;
  made.append(...children.map((child) => (typeof child === 'string' ? shown(child) : child)));
  return made;
}

/** What turns the direction of a text would turn that of its neighbours too: it is shown, and does nothing. */
function shown(text: string): string {
  return text.replaceAll(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (control) => {
    return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** A cell that says what it is where there is no head to say it. */
export function cell(label: string, className: string, ...children: readonly (Node | string)[]): HTMLTableCellElement {
  const made = element('td', className, element('span', '', ...children));
  made.setAttribute('data-label', label);
  return made;
}

/** A row of a table of eight columns that has nothing to show. */
export function nothing(text: string): HTMLTableRowElement {
  const only = element('td', 'nothing', text);
  only.colSpan = 8;
  return element('tr', '', only);
}

/** A mark: a shape for the eye, a word for all. */
export function mark(kind: 'good' | 'bad' | 'warn' | 'quiet', shape: string, word: string): HTMLElement {
  const made = element('span', 'shape', shape);
  made.ariaHidden = 'true';
  return element('span', `mark ${kind}`, made, word);
}
