import type { Drop, Entry, PeerWarning, Source, SyncPeerOptions } from 'spamd-sync';

/** What a peer in another process is opened with: its key is the text of a key file, `null` for none. */
export interface HostOptions
  extends Pick<
    SyncPeerOptions,
    'listen' | 'targets' | 'port' | 'group' | 'allow' | 'maxSkew' | 'batch' | 'waitForInterface'
  > {
  readonly key: string | null;
}

/** What the tests tell the process, a line of JSON each. */
export type Command = { readonly id: number } & (
  | { readonly do: 'open'; readonly options: HostOptions }
  | { readonly do: 'announce'; readonly entries: readonly Entry[] }
  | { readonly do: 'address' | 'stats' | 'health' | 'close' }
);

/** An error as it comes through JSON. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** What the process answers and tells, a line of JSON each. */
export type Line =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: Failure }
  | { readonly event: 'entry'; readonly entry: Entry; readonly source: Source }
  | { readonly event: 'drop'; readonly drop: Drop }
  | { readonly event: 'warning'; readonly warning: PeerWarning };
