/** What the command uses of the status page. It is not a subpath of the package. */

export { type HostState, isSkewed, stateOf } from './host-state.ts';
export { openStatus, type Status, type StatusOptions } from './status.ts';
