import type { Why } from '../../index.ts';
import { byId, element, mark } from './dom.ts';
import { count, dateOf } from './format.ts';

const STATES: Readonly<Record<Why['state'], readonly ['good' | 'bad' | 'warn' | 'quiet', string, string]>> = {
  white: ['good', '●', 'passes: it is white'],
  trapped: ['bad', '■', 'is refused: it is trapped'],
  grey: ['warn', '◐', 'waits: a tuple of it is remembered'],
  none: ['quiet', '○', 'is not known: a first attempt would be deferred'],
};

/** Asks why an address is answered as it is. */
export function beginSearch(): void {
  const field = byId('ip', HTMLInputElement);
  byId('search', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    if (field.value.trim() !== '') void ask(field.value.trim());
  });
}

async function ask(ip: string): Promise<void> {
  const answer = byId('answer', HTMLElement);
  try {
    const response = await fetch(`api/why?ip=${encodeURIComponent(ip)}`);
    const said = (await response.json()) as Why | { readonly error: string };
    answer.replaceChildren(...('error' in said ? [element('p', 'bad', said.error)] : explained(said)));
  } catch {
    answer.replaceChildren(element('p', 'bad', 'The daemon does not answer.'));
  }
}

function explained(why: Why): Node[] {
  const { ip, state, since, expires, trappedBy, exempt, evidence, tuples, moreTuples } = why;
  const verdict = exempt ? (['good', '●', 'passes: it is exempt'] as const) : STATES[state];
  const when = [
    ...(since === undefined ? [] : [`since ${dateOf(since)}`]),
    ...(expires === undefined ? [] : [`until ${dateOf(expires)}`]),
    ...(trappedBy === undefined || trappedBy === '' ? [] : [`trapped by ${trappedBy}`]),
  ];
  return [
    element('p', 'verdict', element('span', 'address', ip), ' ', mark(...verdict)),
    ...(when.length > 0 ? [element('p', 'quiet', when.join(', '))] : []),
    ...list('Evidence', evidence.map(evidenceWords)),
    ...list('Claims', why.records.flatMap(claimWords)),
    ...list('Tuples', [
      ...tuples.map(
        ({ helo, from, to, first, passes, blocked }) =>
          `helo ${helo} from ${from} to ${to}; first seen ${dateOf(first)}, a retry passes from ${dateOf(passes)}, deferred ${count(blocked)} times`,
      ),
      ...(moreTuples > 0 ? [`and ${count(moreTuples)} more`] : []),
    ]),
  ];
}

function evidenceWords({ kind, time, source, tuple, connectedTo, by }: Why['evidence'][number]): string {
  return [
    `${kind}, ${dateOf(time)}`,
    ...(source === undefined ? [] : [`announced by ${source}`]),
    ...(tuple === undefined ? [] : [`helo ${tuple.helo} from ${tuple.from} to ${tuple.to}`]),
    ...(connectedTo === undefined ? [] : [`connected to ${connectedTo}`]),
    ...(by === undefined ? [] : [by]),
  ].join('; ');
}

function claimWords({ of, white, trapped, announcedAt }: Why['records'][number]): string[] {
  const words = (what: string, { at, expires, local }: Why['records'][number]['white'][number]): string => {
    const who = local === undefined ? '' : local ? ', decided here' : ', of the group';
    return `${of} ${what} from ${dateOf(at)} until ${dateOf(expires)}${who}`;
  };
  return [
    ...trapped.map((claim) => words('trapped', claim)),
    ...white.map((claim) => words('white', claim)),
    ...(announcedAt > 0 ? [`${of} announced ${dateOf(announcedAt)}`] : []),
  ];
}

function list(title: string, lines: readonly string[]): Node[] {
  if (lines.length === 0) return [];
  return [element('h3', '', title), element('ul', '', ...lines.map((text) => element('li', '', text)))];
}
