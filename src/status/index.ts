/** What the command uses of the status page; no subpath of the package. */

export { type HostState, isSkewed, stateOf } from './host-state.ts';
export { openStatus, type Status, type StatusOptions } from './status.ts';
