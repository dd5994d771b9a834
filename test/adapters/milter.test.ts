import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Attempt, Greylist, MemoryStore, type Verdict } from 'spamd-sync';
import { type Milter, type ServeMilterOptions, serveMilter } from 'spamd-sync/adapters/milter';
import { MemoryNetwork } from 'spamd-sync/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const NOW = 1_800_000_000;
const PASSTIME = 300;
/** What Postfix and Sendmail offer. */
const ALL = [6, 0x1ff, 0x1fffff] as const;
/** No body, fields, their end, unknown commands, DATA; refused recipients too; no replies to connect, HELO, MAIL. */
const USED = 0x10 | 0x20 | 0x40 | 0x100 | 0x200 | 0x800 | 0x1000 | 0x2000 | 0x4000;
let folder = '';
let path = '';
let network: MemoryNetwork;
let greylist: Greylist;
const open: AsyncDisposable[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spamd-sync-milter-'));
  path = join(folder, 'milter');
  network = new MemoryNetwork({ start: NOW });
  const store = new MemoryStore({ maxTuples: 100, maxAddresses: 100 });
  greylist = new Greylist({ store, clock: network.clock, policy: { passtime: PASSTIME } });
});
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
  await greylist.close();
  await rm(folder, { recursive: true });
});

async function serve(
  served: Pick<Greylist, 'check'> = greylist,
  options: Partial<ServeMilterOptions> = {},
): Promise<Milter> {
  const milter = await serveMilter(served, { path, clock: network.clock, ...options });
  open.push(milter);
  return milter;
}

function recorder(): { asked: Attempt[]; check: (attempt: Attempt) => Promise<Verdict> } {
  const asked: Attempt[] = [];
  const check = async (attempt: Attempt): Promise<Verdict> => {
    asked.push(attempt);
    return { action: 'pass', reason: 'white', expires: NOW };
  };
  return { asked, check };
}

function packet(command: string, data: Buffer | readonly string[] = []): Buffer {
  const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data.map((text) => `${text}\0`).join(''), 'latin1');
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length + 1);
  head.write(command, 4);
  return Buffer.concat([head, bytes]);
}

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, at) => void bytes.writeUInt32BE(value, 4 * at));
  return bytes;
}

/** A mail server. */
class Client {
  readonly socket: Socket;
  #received = Buffer.alloc(0);

  constructor() {
    this.socket = createConnection(path);
    this.socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    this.socket.on('error', () => {});
    open.push({ [Symbol.asyncDispose]: async () => void this.socket.destroy() });
  }

  /** The packets that came, as command and data. */
  get answers(): string[] {
    const found: string[] = [];
    for (let at = 0; at + 4 <= this.#received.length; ) {
      const end = at + 4 + this.#received.readUInt32BE(at);
      if (end > this.#received.length) break;
      found.push(this.#received.toString('latin1', at + 4, end));
      at = end;
    }
    return found;
  }

  send(...packets: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(packets));
  }

  /** What is answered to packets, of which the last has so many answers. */
  async ask(packets: readonly Buffer[], count = 1): Promise<string[]> {
    const before = this.answers.length;
    this.send(...packets);
    await expect.poll(() => this.answers.length, { interval: 1 }).toBe(before + count);
    return this.answers.slice(before);
  }

  /** A session until MAIL FROM, without answers. */
  async begin(address = '192.0.2.7', family = '4'): Promise<void> {
    await this.ask([packet('O', numbers(...ALL))]);
    this.send(
      packet('D', ['C{daemon_addr}', '192.0.2.1', 'j', 'mail.example.net']),
      packet('C', Buffer.from(`client.example.org\0${family}\x00\x19${address}\0`, 'latin1')),
      packet('H', ['m\xfcller']),
      packet('M', ['<Alice@Example.org>', 'SIZE=1']),
    );
  }
}

const BOB = packet('R', ['<bob@example.net>']);
const DEFERRED = 'y451 4.7.1 Greylisted, please try again in 301 seconds\0';

describe('what a mail server is answered', () => {
  it('a client is deferred until passtime is over, and its message then gets a header field', async () => {
    await serve();
    const client = new Client();
    await client.begin();
    expect(await client.ask([BOB])).toEqual([DEFERRED]);
    await network.advance(PASSTIME + 1);
    expect(await client.ask([packet('M', ['<Alice@Example.org>']), BOB])).toEqual(['c']);
    expect(await client.ask([packet('R', ['<carol@example.net>'])])).toEqual(['c']);
    const field = 'delayed 301 seconds by spamd-sync; Fri, 15 Jan 2027 08:05:01 +0000';
    expect(await client.ask([packet('E')], 2)).toEqual([`hX-Greylist\0${field}\0`, 'c']);
    expect(await client.ask([packet('M', ['<>']), BOB])).toEqual(['c']);
    expect(await client.ask([packet('E')])).toEqual(['c']);
  });

  it('a message that is given up leaves no header field to the next', async () => {
    await serve({ check: async () => ({ action: 'pass', reason: 'retry', expires: NOW, waited: 7 }) });
    const client = new Client();
    await client.begin();
    await client.ask([BOB]);
    expect(await client.ask([packet('A'), packet('A'), packet('E')])).toEqual(['c']);
  });

  it('a spamtrap traps, also where the mail server refuses the recipient itself', async () => {
    await serve();
    await greylist.spamtraps.add('trap@example.net');
    const client = new Client();
    await client.begin();
    const unknown = packet('D', ['R{rcpt_mailer}', 'error']);
    expect(await client.ask([unknown, packet('R', ['<stranger@example.net>'])])).toEqual(['c']);
    // Nobody comes back to a recipient that there is not.
    expect((await greylist.stats()).store).toMatchObject({ tuples: 0 });
    expect(await client.ask([unknown, packet('R', ['<Trap@Example.net>'])])).toEqual(['c']);
    const refused = 'y550 5.7.1 Refused: your address is trapped until 2027-01-16T08:00:00.000Z\0';
    expect(await client.ask([packet('D', ['R{rcpt_mailer}', 'local']), BOB])).toEqual([refused]);
  });

  it('the greylist gets HELO and addresses as the client typed them', async () => {
    const { asked, check } = recorder();
    await serve({ check });
    const client = new Client();
    await client.begin('IPv6:2001:DB8::1', '6');
    await client.ask([packet('R', ['<@relay.example:"b b"@Example.net>', 'NOTIFY=NEVER'])]);
    expect(asked).toEqual([
      {
        ip: '2001:db8::1',
        helo: 'müller',
        from: '<Alice@Example.org>',
        to: '<@relay.example:"b b"@Example.net>',
        connectedTo: '192.0.2.1',
      },
    ]);
  });

  it('who has logged in passes unless the options say otherwise, and who has no address', async () => {
    const { asked, check } = recorder();
    const milter = await serve({ check });
    const client = new Client();
    await client.begin();
    const login = packet('D', ['M{auth_authen}', 'alice']);
    expect(await client.ask([login, packet('M', ['<a@b>']), BOB])).toEqual(['c']);
    expect(await client.ask([packet('D', ['Mi', 'queue']), packet('M', ['<a@b>']), BOB])).toEqual(['c']);
    expect(asked).toHaveLength(1);
    const connect = packet('C', Buffer.from('localhost\0L\0\0/path\0', 'latin1'));
    expect(await client.ask([packet('K'), connect, packet('H', ['x']), packet('M', ['<>']), BOB])).toEqual(['c']);
    expect(milter.stats().skipped).toEqual({ authenticated: 1, address: 1 });
    await milter.close();
    await serve({ check }, { authenticated: true });
    const other = new Client();
    await other.begin();
    await other.ask([login, packet('M', ['<a@b>']), BOB]);
    expect(asked).toHaveLength(2);
  });
});

describe('how a milter speaks', () => {
  it('it asks for what it needs, of what it is offered', async () => {
    await serve();
    expect(await new Client().ask([packet('O', numbers(...ALL))])).toEqual([
      `O${numbers(6, 1, USED).toString('latin1')}`,
    ]);
    expect(await new Client().ask([packet('O', numbers(2, 0x3e, 0x7f))])).toEqual([
      `O${numbers(2, 0, 0x70).toString('latin1')}`,
    ]);
  });

  it('a mail server that offers nothing has an answer to each command, and no header field', async () => {
    await serve({ check: async () => ({ action: 'pass', reason: 'retry', expires: NOW, waited: 7 }) });
    const client = new Client();
    await client.ask([packet('O', numbers(2, 0, 0))]);
    const connect = packet('C', Buffer.from('client\x004\x00\x19192.0.2.7\0', 'latin1'));
    const dialogue = [connect, packet('H', ['x']), packet('M', ['<>']), BOB, packet('T')];
    const message = [packet('L', ['Subject', 'x']), packet('N'), packet('B', Buffer.alloc(65_535)), packet('E')];
    expect(await client.ask([...dialogue, ...message], 9)).toEqual(Array(9).fill('c'));
  });

  it('packets may be cut anywhere, and come together', async () => {
    await serve();
    const client = new Client();
    for (const byte of Buffer.concat([packet('O', numbers(...ALL)), packet('H', ['x'])])) {
      client.socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => client.answers.length).toBe(1);
    expect(await client.ask([BOB, BOB, BOB], 3)).toEqual(['c', 'c', 'c']);
  });

  it('the connection ends when the mail server says so', async () => {
    const milter = await serve();
    const client = new Client();
    await client.begin();
    const closed = new Promise((resolve) => client.socket.once('close', resolve));
    client.send(packet('Q'));
    await closed;
    expect(milter.stats().dropped).toEqual({ malformed: 0, oversize: 0, timeout: 0, error: 0 });
  });

  it.each([
    ['without a command', 'malformed', Buffer.alloc(4)],
    ['over 64 KiB', 'oversize', Buffer.from('\0\x01\0\x02O')],
    ['of another protocol', 'oversize', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['with an offer that is none', 'error', packet('O', numbers(6))],
  ] as const)('a packet %s ends the connection, and is counted', async (_what, why, bytes) => {
    const milter = await serve();
    const client = new Client();
    const closed = new Promise((resolve) => client.socket.once('close', resolve));
    client.send(bytes);
    await closed;
    expect(milter.stats().dropped).toMatchObject({ [why]: 1 });
  });

  it('a reply is one line, whatever the greylist says', async () => {
    const reply = '451 4.7.1 a\r\nb\0c';
    await serve({ check: async () => ({ action: 'defer', reason: 'first-sight', retryAfter: 1, reply }) });
    const client = new Client();
    await client.begin();
    expect(await client.ask([BOB])).toEqual(['y451 4.7.1 a b c\0']);
  });

  it('an option that is none is refused', async () => {
    const options = { path, authenticated: 1 } as unknown as ServeMilterOptions;
    await expect(serveMilter(greylist, options)).rejects.toMatchObject({ code: 'ERR_SPAMD_OPTION' });
  });
});
