/**
 * Makes and finds elements. Every string becomes a text node, so that nothing that a client sent is ever read as
 * markup.
 */

/** @throws {Error} If the page has no such element, or it is of another kind. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`);
  return found;
}

/** An element with a class and with children. A string among them becomes a text node. */
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

/**
 * Shows characters that change the direction of a text as escapes, because they would affect the texts beside it too.
 */
function shown(text: string): string {
  return text.replaceAll(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (control) => {
    return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** A cell with a label, which is shown where the table has no head. */
export function cell(label: string, className: string, ...children: readonly (Node | string)[]): HTMLTableCellElement {
  const made = element('td', className, element('span', '', ...children));
  made.setAttribute('data-label', label);
  return made;
}

/** The one row of a table of eight columns that is empty. */
export function nothing(text: string): HTMLTableRowElement {
  const only = element('td', 'nothing', text);
  only.colSpan = 8;
  return element('tr', '', only);
}

/** A mark: a shape, which a screen reader leaves out, and a word. */
export function mark(kind: 'good' | 'bad' | 'warn' | 'quiet', shape: string, word: string): HTMLElement {
  const made = element('span', 'shape', shape);
  made.ariaHidden = 'true';
  return element('span', `mark ${kind}`, made, word);
}
