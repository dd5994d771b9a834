import { formatIPv4, parseIPv4 } from '../address.ts';
import { nextTurn } from '../clock.ts';
import { EntryError } from '../errors.ts';
import { checkRecord, checkRecords, type SpamdbRecord } from '../spamdb-record.ts';
import { checkedTime, checkMembers, isObject } from '../validate.ts';
import { isAddress, isIPv6Network } from './address-list.ts';
import { badRecordHandler, FORMAT_OPTIONS, type SpamdbFormatOptions } from './format.ts';

/** Options of {@link exportTraplist}. */
export interface TraplistOptions extends SpamdbFormatOptions {
  /** Records that have expired by this time are left out. The header has the time. Unix seconds, 0..2^32-1, floored. */
  readonly now: number;
}

/** How many records, or addresses, are worked on between two turns of the event loop. */
const SLICE = 4000;

/**
 * Makes the list of trapped addresses that operators publish every hour: a header with the time and the number of
 * addresses, then one address a line, in numerical order, IPv4 first. Records that are not TRAPPED are passed over.
 *
 * The count comes before the addresses, so all addresses are held until the records have ended: some 12 bytes for each
 * IPv4 address, nothing for records that are not TRAPPED.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for records that are not iterable, and for an invalid option.
 * @throws {EntryError} `ERR_SPAMD_FIELD`, while iterated, for a value that is not a record, and for an `ip` that is not
 * an IP address; unless `onBadRecord` is given.
 */
export function exportTraplist(
  records: Iterable<SpamdbRecord> | AsyncIterable<SpamdbRecord>,
  options: TraplistOptions,
): AsyncIterable<string> {
  checkRecords(records);
  checkMembers('options', options, { now: true, ...FORMAT_OPTIONS });
  return traplist(records, checkedTime('now', options.now), badRecordHandler(options));
}

async function* traplist(
  records: Iterable<SpamdbRecord> | AsyncIterable<SpamdbRecord>,
  now: number,
  onError: (error: unknown) => void,
): AsyncGenerator<string, void> {
  const { ipv4, ipv6 } = await trappedAddresses(records, now, onError);
  const count = ipv4.length + ipv6.length;
  const when = new Date(now * 1000).toISOString().replace('.000', '');
  yield `# ${when}: ${count} trapped ${count === 1 ? 'address' : 'addresses'}\n`;
  for (let at = 0; at < ipv4.length; at += SLICE) {
    yield lines(Array.from(ipv4.subarray(at, at + SLICE), formatIPv4));
    await nextTurn();
  }
  for (let at = 0; at < ipv6.length; at += SLICE) {
    yield lines(ipv6.slice(at, at + SLICE));
    await nextTurn();
  }
}

function lines(addresses: readonly string[]): string {
  return addresses.map((address) => `${address}\n`).join('');
}

/** The trapped addresses, each once, in order. */
async function trappedAddresses(
  records: Iterable<SpamdbRecord> | AsyncIterable<SpamdbRecord>,
  now: number,
  onError: (error: unknown) => void,
): Promise<{ ipv4: Uint32Array; ipv6: readonly string[] }> {
  const ipv4: number[] = [];
  const ipv6 = new Map<string, string>();
  let index = 0;
  for await (const record of records) {
    try {
      const ip = trappedAddress(record, index, now);
      const address = parseIPv4(ip ?? '');
      if (address >= 0) ipv4.push(address);
      else if (ip !== undefined) ipv6.set(...sortable(ip));
    } catch (error) {
      onError(error);
    }
    if (++index % SLICE === 0) await nextTurn();
  }
  return {
    ipv4: Uint32Array.from(ipv4)
      .sort()
      .filter((address, at, all) => address !== all[at - 1]),
    ipv6: [...ipv6].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, address]) => address),
  };
}

/** @throws {EntryError} `ERR_SPAMD_FIELD` */
function trappedAddress(record: SpamdbRecord, index: number, now: number): string | undefined {
  if (!isObject(record)) throw new EntryError('record', record, index, 'is not an object');
  if (record.type !== 'TRAPPED') return undefined;
  checkRecord(record, index);
  if (record.expires <= now) return undefined;
  if (isAddress(record.ip) || isIPv6Network(record.ip)) return record.ip;
  throw new EntryError('ip', record.ip, index, 'is not an IP address');
}

/** An IPv6 address as 32 hexadecimal digits, which can be sorted, and in the one form that RFC 5952 gives it. */
function sortable(ip: string): [string, string] {
  const [text, prefix] = ip.split('/');
  // The URL parser writes every form of an address in one form, which never has a dotted quad at the end.
  const address = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [left = '', right] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const tail = groups(right ?? '');
  const head = groups(left);
  const zeros = new Array<string>(8 - head.length - tail.length).fill('');
  const digits = [...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join('');
  return prefix === undefined ? [digits, address] : [`${digits}/${prefix}`, `${address}/${prefix}`];
}
