/** A SyncPeer that is told what to do on stdin and tells what it hears on stdout, in lines of JSON. Ends with stdin. */
import { createInterface } from 'node:readline';
import { SpamdSyncError, SyncKey, SyncPeer } from 'spamd-sync';
import type { Command, Failure, HostOptions, Line } from './lines.ts';

let peer: SyncPeer | undefined;

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Command;
  try {
    tell({ id: command.id, value: (await obey(command)) ?? null });
  } catch (error) {
    tell({ id: command.id, failure: failure(error) });
  }
}
await peer?.close();

async function obey(command: Command): Promise<unknown> {
  if (command.do === 'open') {
    peer = await open(command.options);
    return peer.address;
  }
  if (peer === undefined) throw new Error('no peer is open');
  switch (command.do) {
    case 'announce':
      return peer.announce(command.entries);
    case 'address':
      return peer.address;
    case 'stats':
      return peer.stats();
    case 'health':
      return peer.health();
    case 'close':
      return peer.close();
  }
}

async function open({ key, ...options }: HostOptions): Promise<SyncPeer> {
  const opened = await SyncPeer.open({
    ...options,
    key: key === null ? SyncKey.none() : SyncKey.fromBytes(Buffer.from(key)),
  });
  opened.on('entry', (entry, source) => tell({ event: 'entry', entry, source }));
  opened.on('drop', (drop) => tell({ event: 'drop', drop }));
  opened.on('warning', (warning) => tell({ event: 'warning', warning }));
  return opened;
}

function tell(line: Line): void {
  const text = JSON.stringify(line, (_key, value: unknown) => (value instanceof Error ? failure(value) : value));
  process.stdout.write(`${text}\n`);
}

function failure(error: unknown): Failure {
  if (error instanceof SpamdSyncError) return { code: error.code, message: error.message };
  return { code: 'ERROR', message: error instanceof Error ? error.message : String(error) };
}
