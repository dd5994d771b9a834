import type { StreamAddress, StreamServer } from '../../stream-server.ts';

/** A server for a mail server, as its caller has it. */
export interface Served<Stats> extends AsyncDisposable {
  readonly address: StreamAddress;
  stats(): Stats;
  close(): Promise<void>;
}

/** @param stats What it counted, besides its connections. */
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
