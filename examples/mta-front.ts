/**
 * A small MTA front: nodemailer's smtp-server receives the mail, the greylist decides whose, and a sync peer announces
 * to the group and receives from it. Mail that is accepted is counted and thrown away.
 */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { Greylist, type GreylistPolicy, type Source, SyncPeer, type SyncPeerOptions } from 'spamd-sync';
import { greylistRcptTo } from 'spamd-sync/adapters/smtp-server';
import { serveTarpit, type TarpitServer } from 'spamd-sync/adapters/tarpit';
import { entryLine, heldLine, verdictLine } from './mta-lines.ts';

export interface MtaOptions {
  readonly host: string;
  readonly port: number;
  /** The group. Without one this MTA greylists by itself. */
  readonly sync?: SyncPeerOptions | undefined;
  readonly policy?: Partial<GreylistPolicy>;
  /** Recipients that nobody has good reason to write to. */
  readonly spamtraps?: readonly string[];
  readonly smtp?: SMTPServerOptions;
  /** Where to hold up whoever connects, as spamd does. */
  readonly tarpit?: { readonly host: string; readonly port: number } | undefined;
  readonly log: (line: string) => void;
  /** What a host of the group is called in the log. Default: its address. */
  readonly nameOf?: (source: Source) => string;
}

export interface Mta {
  /** Where it receives mail. */
  readonly address: AddressInfo;
  readonly peer: SyncPeer | undefined;
  readonly tarpit: TarpitServer | undefined;
  /** How much mail was accepted, and thrown away. */
  readonly accepted: () => number;
  readonly close: () => Promise<void>;
}

/** How long clients may take to finish once the MTA closes, milliseconds. */
const CLOSE_MS = 1000;

/** Opens all three, or none. */
export async function openMta(options: MtaOptions): Promise<Mta> {
  const { sync, policy = {}, spamtraps = [] } = options;
  const opened: (() => Promise<void>)[] = [];
  // In the order of the flow: what the last clients did is still decided, and announced.
  const close = async () => {
    for (const closeOne of opened.toReversed()) await closeOne();
  };
  try {
    const peer = sync === undefined ? undefined : await SyncPeer.open(sync);
    if (peer !== undefined) {
      opened.push(() => peer.close());
      logPeer(peer, options);
    }
    const greylist = new Greylist({ policy, ...(peer === undefined ? {} : { group: peer }) });
    opened.push(() => greylist.close());
    greylist.on('warning', ({ message }) => options.log(`warning: ${message}`));
    for (const address of spamtraps) await greylist.spamtraps.add(address);

    const tarpit = await openTarpit(greylist, options);
    if (tarpit !== undefined) opened.push(() => tarpit.close());

    let accepted = 0;
    const server = createServer(greylist, options, () => ++accepted);
    const sockets = new Set<Socket>();
    server.server.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    await listening(server, options);
    opened.push(async () => {
      await new Promise<void>((resolve) => server.close(resolve));
      // A client that does not hang up when it is asked to would keep the process.
      for (const socket of sockets) socket.destroy();
    });
    return { address: server.server.address() as AddressInfo, peer, tarpit, accepted: () => accepted, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function createServer(greylist: Greylist, { log, smtp }: MtaOptions, count: () => number): SMTPServer {
  const server = new SMTPServer({
    // An example has no users and no certificate. Without a resolver that answers, a reverse lookup holds up the client.
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: CLOSE_MS,
    ...smtp,
    onRcptTo: greylistRcptTo(greylist, { onVerdict: (verdict, attempt) => log(verdictLine(verdict, attempt)) }),
    onData(stream, _session, callback) {
      stream.on('end', () => {
        const mail = `mail ${count()}`;
        log(`accepted ${mail}, counted and thrown away`);
        callback(null, `${mail} accepted, counted and thrown away: this is an example`);
      });
      stream.resume();
    },
  });
  // Before that it is an error of the port, which listening() reports.
  server.on('error', (error: Error) => server.server.listening && log(`client: ${error.message}`));
  return server;
}

async function openTarpit(greylist: Greylist, { tarpit, log }: MtaOptions): Promise<TarpitServer | undefined> {
  if (tarpit === undefined) return undefined;
  return await serveTarpit(greylist, {
    ...tarpit,
    onVerdict: (verdict, attempt) => log(`tarpit: ${verdictLine(verdict, attempt)}`),
    onEnd: (report) => log(heldLine(report)),
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'the port is in use',
  EADDRNOTAVAIL: 'no interface of this host has that address',
  ENOTFOUND: 'no such host',
};

async function listening(server: SMTPServer, { host, port }: MtaOptions): Promise<void> {
  server.listen(port, host);
  try {
    await once(server.server, 'listening');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new Error(`cannot receive mail on ${host} port ${port}: ${REASONS[code] ?? code}`, { cause });
  }
}

function logPeer(peer: SyncPeer, { log, nameOf = ({ address }) => address }: MtaOptions): void {
  peer.on('entry', (entry, source) => {
    // A WHITE whose expiry is 0 is a freshness marker: its datagram of old entries was sent now.
    if (entry.type !== 'white' || entry.expires > 0) log(`received from ${nameOf(source)}: ${entryLine(entry)}`);
  });
  peer.on('drop', ({ reason, detail, source }) => {
    // Multicast brings back what we sent, and brings twice what came by unicast too.
    if (reason !== 'self' && reason !== 'duplicate') log(`dropped from ${nameOf(source)}: ${reason}: ${detail}`);
  });
  peer.on('warning', ({ message }) => log(`warning: ${message}`));
  peer.on('error', (error) => log(`nothing more is received from the group: ${error.message}`));
}
