import type { HostState } from '../../status/index.ts';
import type { Mark } from '../terminal/output.ts';

/** How each state is shown in a column, and whether it is good. */
export const STATES: Readonly<Record<HostState, { readonly sign: string; readonly mark: Mark }>> = {
  heard: { sign: '*', mark: 'good' },
  quiet: { sign: '+', mark: 'good' },
  silent: { sign: '?', mark: 'dim' },
  skewed: { sign: '~', mark: 'bad' },
  'wrong-key': { sign: 'x', mark: 'bad' },
  'other-version': { sign: 'v', mark: 'bad' },
  'not-allowed': { sign: '!', mark: 'bad' },
};
