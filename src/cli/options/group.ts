import { type Command, Option } from 'commander';
import { type Dialect, Keyring, SyncKey, SyncPeer, type SyncPeerOptions, type TargetOptions } from '../../index.ts';
import { UsageError } from '../terminal/failure.ts';
import { append, port } from './arguments.ts';

/** The options about a group, as spamd has them. */
export interface GroupOptions {
  readonly listen?: string;
  readonly target?: readonly string[];
  readonly greydTarget?: readonly string[];
  readonly key?: readonly string[];
  readonly emptyKey?: boolean;
  readonly port?: number;
  readonly group?: string;
  readonly dialect?: Dialect;
  readonly allow?: readonly string[];
}

const KEY_FILE = '/etc/mail/spamd.key';
/** spamd's UDP port and multicast group. */
export const SPAMD_PORT = 8025;
export const SPAMD_GROUP = '224.0.1.240';

/** `-y`, and the option that limits from which hosts is received. */
export function listenOptions(command: Command): Command {
  return command
    .option('-y, --listen <where>', 'an interface, on which it joins the group, or a local IPv4 address, as spamd -y')
    .option('--allow <network>', 'accept datagrams only from this address or prefix; repeatable', append);
}

/** `-Y`, and the options for the dialect of the targets. */
export function targetOptions(command: Command): Command {
  return command
    .option(
      '-Y, --target <where>',
      'a host, an IPv4 address or an interface, also with a TTL as em0:2, as spamd -Y; repeatable',
      append,
    )
    .addOption(
      new Option('--dialect <dialect>', 'what runs at the targets of -Y').choices(['spamd', 'greyd']).default('spamd'),
    )
    .option('--greyd-target <where>', 'as -Y, for a target that runs greyd while others run spamd; repeatable', append);
}

/** The targets, and what runs there. */
export function targetsOf({
  target = [],
  greydTarget = [],
  dialect = 'spamd',
}: GroupOptions): readonly TargetOptions[] {
  return [
    ...target.map((host) => ({ host, dialect })),
    ...greydTarget.map((host) => ({ host, dialect: 'greyd' as const })),
  ];
}

/** The key, the port and the group. */
export function keyOptions(command: Command): Command {
  return command
    .option(
      '-K, --key <file>',
      `the group's key file; repeatable: the first key signs, all are accepted (default: ${KEY_FILE})`,
      append,
    )
    .option('--empty-key', 'use no key, as spamd without a key file; authenticates nothing')
    .option('-p, --port <port>', `the UDP port (default: ${SPAMD_PORT})`, port)
    .option('--group <address>', `the multicast group (default: ${SPAMD_GROUP})`);
}

/** The key files that the command line names, or spamd's. */
export function keyFiles({ key = [KEY_FILE], emptyKey = false }: GroupOptions): readonly string[] {
  return emptyKey ? [] : key;
}

/** @throws {UsageError} For a key file and the empty key together. */
export function checkKeyOptions({ key, emptyKey }: GroupOptions): void {
  if (emptyKey && key !== undefined) throw new UsageError('-K and --empty-key exclude each other');
}

/** @throws {UsageError} For a key file and the empty key together. */
export async function keyOf(options: GroupOptions): Promise<Keyring> {
  checkKeyOptions(options);
  if (options.emptyKey) return new Keyring([SyncKey.none()]);
  return new Keyring(await Promise.all(keyFiles(options).map((path) => SyncKey.fromFile(path))));
}

/** The options of a peer as the command line has them, except for its key. */
export function placeOptions(options: GroupOptions): Omit<SyncPeerOptions, 'key'> {
  const { listen = false, port: udp, group, allow } = options;
  return { listen, targets: targetsOf(options), port: udp, group, allow };
}

/** The options of a peer as the command line has them. */
export async function peerOptions(options: GroupOptions): Promise<SyncPeerOptions> {
  return { ...placeOptions(options), key: await keyOf(options) };
}

/** Opens a peer as the command line describes it. `report` is called with its warnings. */
export async function openPeer(
  options: GroupOptions,
  report: (line: string) => void,
  more: Partial<SyncPeerOptions> = {},
): Promise<SyncPeer> {
  const peer = await SyncPeer.open({ ...(await peerOptions(options)), ...more });
  peer.on('warning', ({ message }) => report(`warning: ${message}`));
  return peer;
}
