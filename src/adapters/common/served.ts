import type { StreamAddress, StreamServer } from '../../stream-server.ts';

/** A server for mail servers, as the caller gets it. */
export interface Served<Stats> extends AsyncDisposable {
  readonly address: StreamAddress;
  stats(): Stats;
  close(): Promise<void>;
}

/** @param stats Returns the other counters, besides those of connections. */
export function servedBy<Stats extends object>(
  server: StreamServer,
  stats: () => Stats,
): Served<Stats & { readonly connections: number; readonly refused: number }> {
  const close = (): Promise<void> => server.close();
  return {
    address: server.address,
    stats: () => ({ connections: server.connections, refused: server.refused, ...stats() }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
