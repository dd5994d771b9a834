import type { ExchangePeerShown, Host, Overview } from '../shapes.ts';
import { byId, cell, element, mark, nothing } from './dom.ts';
import { isTroubled, joinWords } from './exchange.ts';
import { count, duration, parts, total } from './format.ts';

type Mark = readonly [kind: 'good' | 'bad' | 'warn' | 'quiet', shape: string, word: string];

const STATES: Readonly<Record<string, Mark>> = {
  heard: ['good', '●', 'well'],
  quiet: ['good', '◐', 'quiet'],
  silent: ['warn', '○', 'silent'],
  skewed: ['bad', '▲', 'clock is off'],
  'wrong-key': ['bad', '✕', 'another key'],
  'other-version': ['bad', '✕', 'another protocol'],
  'not-allowed': ['bad', '■', 'not allowed'],
};
const SVG = 'http://www.w3.org/2000/svg';

/** The daemon and the hosts of its group. */
export function showGroup({ time, started, address, troubles, hosts, groups, exchange }: Overview): void {
  byId('where', HTMLElement).textContent = `${address}, up for ${duration(time - started)}`;
  const isBad = ({ state, lastError }: Host): boolean => lastError !== undefined || STATES[state]?.[0] === 'bad';
  const peers = exchange?.peers ?? [];
  // A host may be in both lists.
  const nameOf = ({ address, name }: ExchangePeerShown): string => address ?? name;
  const all = new Set([...hosts.map(({ name }) => name), ...peers.map(nameOf)]).size;
  const bad = new Set([...hosts.filter(isBad).map(({ name }) => name), ...peers.filter(isTroubled).map(nameOf)]).size;
  const joining = exchange && joinWords(exchange);
  const state = byId('state', HTMLElement);
  if (troubles.length > 0) state.replaceChildren(mark('bad', '▲', troubles.join('; ')));
  else if (joining !== undefined) state.replaceChildren(mark('quiet', '◐', joining));
  else if (bad > 0)
    state.replaceChildren(mark('warn', '▲', `${bad} of ${all} hosts ${bad === 1 ? 'needs' : 'need'} a look`));
  else state.replaceChildren(mark('good', '●', 'All is well'));
  byId('groups', HTMLElement).textContent = groups
    .map(({ target, sent, lastError }) => `Group at ${target}: ${lastError ?? `${count(sent)} datagrams sent`}`)
    .join('. ');
  const rows = hosts.map((host) => row(host, time));
  byId('hosts', HTMLElement).replaceChildren(...(rows.length > 0 ? rows : [nothing('Nothing was received yet.')]));
}

function row(host: Host, now: number): HTMLTableRowElement {
  const { name, target, state, lastReceived, entries, drops, lost, skew, lastError, recent } = host;
  const shown =
    lastError === undefined ? (STATES[state] ?? ['warn', '○', state]) : (['bad', '▲', 'cannot be sent to'] as const);
  const about = [
    ...(target !== undefined && target !== name ? [target] : []),
    ...(lastError === undefined ? [] : [lastError]),
  ];
  const refused = total(drops);
  return element(
    'tr',
    '',
    cell('Host', 'address', name, ...about.map((text) => element('small', '', text))),
    cell('State', '', mark(...shown)),
    cell('Last received', '', lastReceived === undefined ? 'never' : `${duration(now - lastReceived)} ago`),
    cell('Entries', 'number', count(total(entries)), element('small', '', parts(entries))),
    cell('Lost', 'number', count(lost)),
    cell('Refused', 'number', count(refused), ...(refused > 0 ? [element('small', '', parts(drops))] : [])),
    cell('Clock', 'number', skew === undefined ? '–' : `${skew > 0 ? '+' : ''}${skew} s`),
    cell('Ten minutes', '', sparkline(recent)),
  );
}

/** A bar for each interval. The scale is that of this host alone. */
function sparkline(recent: readonly number[]): Node {
  const svg = document.createElementNS(SVG, 'svg');
  svg.classList.add('spark');
  svg.setAttribute('viewBox', '0 0 180 22');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  const sum = recent.reduce((all, value) => all + value, 0);
  svg.setAttribute('aria-label', `${sum} entries in ten minutes, at most ${Math.max(0, ...recent)} in ten seconds`);
  svg.append(shape('line', { x1: 0, x2: 180, y1: 21.5, y2: 21.5 }));
  const highest = Math.max(1, ...recent);
  for (const [at, value] of recent.entries()) {
    if (value === 0) continue;
    const height = Math.max(2, (value / highest) * 20);
    svg.append(shape('rect', { x: at * 3, y: 21 - height, width: 2, height }));
  }
  return svg;
}

function shape(name: 'line' | 'rect', attributes: Readonly<Record<string, number>>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, `${value}`);
  return made;
}
