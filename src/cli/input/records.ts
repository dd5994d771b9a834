import type { Readable } from 'node:stream';
import type { SpamdbRecord } from '../../index.ts';
import type { RemoteGreylist } from '../../socket/index.ts';
import { type LineError, parseSpamdb } from '../../spamdb/index.ts';
import { askDaemon } from '../options/control.ts';
import type { Io } from '../terminal/io.ts';
import { LineReports } from '../terminal/line-reports.ts';
import { inputFrom, nameOf, notEmpty } from './input.ts';

/** Where a command reads a greylist from. */
export interface Source {
  readonly control: string;
  /** A file with the output of spamdb(8), `-` for stdin. Without it the daemon is asked. */
  readonly from?: string | undefined;
}

export const FROM_HELP = 'a dump of spamdb(8) or greydb(8), - for stdin; without it the daemon is asked';

/** The result of reading a greylist. */
export interface Read<T> {
  readonly result: T;
  /** How many lines could not be read. The first ones were reported on stderr. */
  readonly bad: number;
}

const LF = 0x0a;

/**
 * Reads a greylist. Any client can spoil a line of a dump, so a line that cannot be read is reported and left out.
 *
 * @param use Called with the records, and with the daemon if that is asked.
 * @param isVital Whether a line must not be left out. Then an error in it ends the reading.
 * @throws {Error} Also for a dump without a line, and for one that ends within a line. Most likely spamdb(8) failed.
 */
export async function readGreylist<T>(
  io: Io,
  { control, from }: Source,
  use: (records: AsyncIterable<SpamdbRecord>, greylist?: RemoteGreylist) => Promise<T>,
  isVital: (line: string) => boolean = () => false,
): Promise<Read<T>> {
  if (from === undefined) {
    return { result: await askDaemon(control, (greylist) => use(greylist.export(), greylist)), bad: 0 };
  }
  const bad = new LineReports(io);
  const onBadLine = (error: LineError, line: string): void => {
    if (isVital(line)) throw error;
    bad.add(`left out: ${error.message}`);
  };
  const result = await use(parseSpamdb(whole(await inputFrom(from, io), from), { onBadLine }));
  bad.end();
  return { result, bad: bad.count };
}

async function* whole(input: Readable, path: string): AsyncGenerator<Uint8Array, void> {
  let last: number | undefined;
  for await (const bytes of notEmpty(input, path)) {
    last = bytes.at(-1) ?? last;
    yield bytes;
  }
  if (last !== LF) throw new Error(`${nameOf(path)}: ends within a line`);
}
