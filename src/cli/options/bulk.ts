import type { Command } from 'commander';
import { nextTurn } from '../../clock.ts';
import { SpamdSyncError, type SyncPeer } from '../../index.ts';
import { readAll } from '../../spamdb/index.ts';
import { inputFrom } from '../input/input.ts';
import { UsageError } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { reportLine } from '../terminal/report-line.ts';
import { number, whole } from './arguments.ts';
import { type GroupOptions, openPeer, targetsOf } from './group.ts';

/** The options for the rate of a bulk send. */
export interface BulkOptions extends GroupOptions {
  readonly whites?: number;
  readonly rate?: number;
}

export function bulkOptions(command: Command): Command {
  return command
    .option('--whites <count>', 'how many WHITE the receivers hold; the more, the lower the rate', whole(0, 4e9))
    .option(
      '--rate <rate>',
      'datagrams a second; use it only if no receiver is a real spamd (default: 3, or less with --whites)',
      number(0.01, 10_000),
    );
}

/** A peer that only sends, to targets that resolve. */
export async function openSender(io: Io, options: BulkOptions): Promise<SyncPeer> {
  if (targetsOf(options).length === 0) throw new UsageError('no target: name one');
  const report = (line: string): void => reportLine(io, line);
  const peer = await openPeer(options, report, { listen: false });
  // The peer warns of its key a turn later; a short send would be over by then.
  await nextTurn();
  // A spamd that receives too much while it scans its database hangs for good. This number sets the rate, unless one is
  // given.
  peer.noteWhites(options.whites ?? 0);
  const unknown = peer.health().targets.find(({ address }) => address === undefined);
  if (unknown === undefined) return peer;
  await peer.close();
  throw new Error(`target ${unknown.target}: no such host, and no such interface`);
}

/**
 * Reads a file, or stdin for `-`, to its end, before anything is sent. spamdb(8) holds the lock of its database while
 * it waits for its reader, and spamd answers no client meanwhile.
 */
export async function wholeInput(path: string, io: Io): Promise<Uint8Array[]> {
  const input = await inputFrom(path, io);
  try {
    return await readAll(input);
  } catch (error) {
    if (!(error instanceof SpamdSyncError) || error.code !== 'ERR_SPAMD_TOO_LONG') throw error;
    throw new Error(`${path}: more than 256 MiB: send it in parts`);
  }
}
