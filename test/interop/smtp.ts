import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** One delivery attempt. Sender and recipient are sent as they are, brackets and all. */
export interface Attempt {
  readonly host: string;
  readonly port: number;
  /** The client's own address, which becomes the tuple's. */
  readonly client: string;
  readonly helo: string;
  readonly from: string;
  readonly to: string;
}

/** How long a daemon may be silent. */
const SILENCE_MS = 10_000;

/** Goes as far as RCPT, where the daemons take note of a tuple, and returns the replies, the banner first. */
export function attempt({ helo, from, to, ...where }: Attempt): Promise<string[]> {
  return dialogue(where, [`HELO ${helo}`, `MAIL FROM:${from}`, `RCPT TO:${to}`]);
}

/** Whether a daemon greets a client. */
export async function greets(where: Pick<Attempt, 'host' | 'port' | 'client'>): Promise<boolean> {
  try {
    const [banner = ''] = await dialogue(where, []);
    return banner.startsWith('220 ');
  } catch {
    return false;
  }
}

async function dialogue(
  { host, port, client }: Pick<Attempt, 'host' | 'port' | 'client'>,
  commands: readonly string[],
): Promise<string[]> {
  const socket = connect({ host, port, localAddress: client });
  socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error('the daemon is silent')));
  try {
    await once(socket, 'connect');
    return await replies(socket, commands);
  } finally {
    socket.destroy();
  }
}

async function replies(socket: Socket, commands: readonly string[]): Promise<string[]> {
  const heard: string[] = [];
  for await (const line of createInterface({ input: socket })) {
    heard.push(line);
    const command = commands[heard.length - 1];
    if (command === undefined) return heard;
    socket.write(`${command}\r\n`);
  }
  throw new Error(`the daemon hung up after: ${heard.join(' / ')}`);
}
