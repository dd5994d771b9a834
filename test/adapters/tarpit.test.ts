import { createConnection, type Socket } from 'node:net';
import { createTransport } from 'nodemailer';
import { Greylist, MemoryStore } from 'spamd-sync';
import { type ServeTarpitOptions, serveTarpit, type TarpitReport, type TarpitServer } from 'spamd-sync/adapters/tarpit';
import { MemoryNetwork } from 'spamd-sync/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const START = 1_800_000_000;
const CLIENT = '127.0.0.1';
const BANNER = '220 mx.example.net ESMTP spamd IP-based SPAM blocker; Fri, 15 Jan 2027 08:00:00 +0000\r\n';
const HELLO = '250 Hello, spam sender. Pleased to be wasting your time.\r\n';
const MAIL = '250 You are about to try to deliver spam. Your time will be spent, for nothing.\r\n';
const RCPT = '250 This is hurting you more than it is hurting me.\r\n';
const DATA = '354 Enter spam, end with "." on a line by itself\r\n';
const GREYLISTED = '451 Temporary failure, please try again later.\r\n';
const TRAPPED = `450 Your address ${CLIENT} has mailed to spamtraps here\r\n`;

let network: MemoryNetwork;
let greylist: Greylist;
let tarpit: TarpitServer;
let reports: TarpitReport[];
const clients: Client[] = [];

beforeEach(() => {
  network = new MemoryNetwork({ start: START });
  greylist = new Greylist({ store: new MemoryStore({ maxTuples: 100, maxAddresses: 100 }), clock: network.clock });
  reports = [];
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  await tarpit.close();
  await greylist.close();
});

async function serve(
  options: Partial<ServeTarpitOptions> = {},
  asked: Pick<Greylist, 'check' | 'why'> = greylist,
): Promise<void> {
  const hostname = 'mx.example.net';
  const onEnd = (report: TarpitReport) => void reports.push(report);
  tarpit = await serveTarpit(asked, { port: 0, clock: network.clock, hostname, onEnd, ...options });
}

class Client {
  readonly socket: Socket;
  received = '';
  hasEnded = false;

  constructor() {
    this.socket = createConnection(tarpit.address as { host: string; port: number });
    this.socket.setEncoding('latin1').on('data', (text: string) => {
      this.received += text;
    });
    this.socket
      .on('error', () => {})
      .on('close', () => {
        this.hasEnded = true;
      });
    clients.push(this);
  }

  /** Says a line, and lets time pass until there is a reply. */
  async say(line: string): Promise<string> {
    this.received = '';
    this.socket.write(`${line}\r\n`);
    return this.reply();
  }

  async reply(): Promise<string> {
    const end = START + 100_000;
    while (!this.received.endsWith('\r\n') && !this.hasEnded && network.clock.now() < end) await network.advance(1);
    return this.received;
  }
}

/** What the client has received so far, once all that was sent has arrived. */
async function expectReceived(client: Client, text: string): Promise<void> {
  await vi.waitFor(() => expect(client.received).toBe(text), { interval: 2 });
}

async function tuples(): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const record of greylist.export()) found.push({ ...record });
  return found;
}

describe('a trapped client at the tarpit', () => {
  beforeEach(async () => {
    await greylist.trap(CLIENT);
  });

  it('is answered one byte a second, from the banner on', async () => {
    await serve();
    const client = new Client();
    await expectReceived(client, '2');
    await network.advance(1);
    await expectReceived(client, '22');
    await network.advance(30.5);
    await expectReceived(client, BANNER.slice(0, 32));
  });

  it('goes through the dialogue of spamd and is refused behind its message', async () => {
    await serve();
    const client = new Client();
    expect(await client.reply()).toBe(BANNER);
    expect(await client.say('EHLO spam.example.org')).toBe(HELLO);
    expect(await client.say('MAIL FROM:<a@example.org> SIZE=7')).toBe(MAIL);
    expect(await client.say('RCPT TO:<b@example.net>')).toBe(RCPT);
    expect(await client.say('DATA')).toBe(DATA);
    expect(await client.say('Subject: pills\r\n\r\nBuy.\r\n.')).toBe(TRAPPED);
    await vi.waitFor(() => expect(client.hasEnded).toBe(true), { interval: 2 });
    const sent = [BANNER, HELLO, MAIL, RCPT, DATA, TRAPPED].join('').length;
    expect(reports).toEqual([
      {
        ip: CLIENT,
        trapped: true,
        seconds: expect.any(Number),
        bytesSent: sent,
        bytesReceived: expect.any(Number),
        recipients: 1,
        end: 'reply',
      },
    ]);
    // Six replies, the first byte of each at once.
    expect(reports[0]?.seconds).toBeGreaterThanOrEqual(sent - 6);
    expect(tarpit.stats()).toMatchObject({
      held: { trapped: 1, grey: 0 },
      ended: { reply: 1 },
      bytesSent: sent,
      trapped: 0,
      recipients: { reject: 1 },
    });
    expect(await tuples()).toEqual([expect.objectContaining({ type: 'TRAPPED' })]);
  });

  it('is refused with 550 where that is asked for, at the tenth line of a body', async () => {
    await serve({ trappedCode: 550, stutter: 0 });
    const client = new Client();
    await client.reply();
    await client.say('DATA');
    expect(await client.say(`\r\n${'x\r\n'.repeat(10)}`)).toBe(TRAPPED.replace('450', '550'));
  });

  it('is answered without delay where maxTrapped are held up already', async () => {
    await serve({ maxTrapped: 1 });
    const first = new Client();
    await expectReceived(first, '2');
    const second = new Client();
    await expectReceived(second, BANNER);
    expect(first.received).toBe('2');
    expect(tarpit.stats()).toMatchObject({ trapped: 1, unheld: 1, connections: 2 });
  });

  it('is let go after maxTime', async () => {
    await serve({ maxTime: 20 });
    const client = new Client();
    await expectReceived(client, '2');
    await network.advance(26);
    await vi.waitFor(() => expect(client.hasEnded).toBe(true), { interval: 2 });
    expect(tarpit.stats()).toMatchObject({ ended: { time: 1 }, trapped: 0, seconds: { trapped: 25 } });
  });
});

describe('a client at the tarpit that is not trapped', () => {
  it('is held up for ten seconds, then deferred at DATA, and its tuple is remembered', async () => {
    await serve();
    const client = new Client();
    await expectReceived(client, '2');
    await network.advance(9);
    await expectReceived(client, BANNER.slice(0, 10));
    await network.advance(1);
    await expectReceived(client, BANNER);
    expect(await client.say('HELO mail.example.org')).toBe(HELLO);
    expect(await client.say('mail from:<Alice@example.org> BODY=8BITMIME')).toBe(MAIL);
    expect(await client.say('rcpt to: <bob@example.net>')).toBe(RCPT);
    expect(await client.say('DATA')).toBe(GREYLISTED);
    expect(network.clock.now() - START).toBeLessThan(20);
    expect(await tuples()).toEqual([
      expect.objectContaining({
        type: 'GREY',
        ip: CLIENT,
        helo: 'mail.example.org',
        from: '<Alice@example.org>',
        to: '<bob@example.net>',
      }),
    ]);
  });

  it('is trapped once it writes to a spamtrap, and held up from then on', async () => {
    await greylist.spamtraps.add('trap@example.net');
    await serve({ greyStall: 0 });
    const client = new Client();
    await expectReceived(client, BANNER);
    expect(await client.say('HELO mail.example.org')).toBe(HELLO);
    expect(await client.say('MAIL FROM:<>')).toBe(MAIL);
    const before = network.clock.now();
    expect(await client.say('RCPT TO:<Trap@Example.net>')).toBe(RCPT);
    expect(network.clock.now() - before).toBeGreaterThanOrEqual(RCPT.length - 1);
    expect(await tuples()).toContainEqual(expect.objectContaining({ type: 'TRAPPED', ip: CLIENT }));
    expect(tarpit.stats().trapped).toBe(1);
  });

  it('is not held up when it is white, but deferred', async () => {
    await greylist.allow(CLIENT);
    await serve();
    const client = new Client();
    await expectReceived(client, BANNER);
    expect(await client.say('DATA')).toBe(GREYLISTED);
  });

  it('is deferred when the greylist fails', async () => {
    const fails = () => Promise.reject(new Error('gone'));
    await serve({ greyStall: 0 }, { check: fails, why: fails });
    const client = new Client();
    await expectReceived(client, BANNER);
    await client.say('MAIL FROM:<a@example.org>');
    expect(await client.say('RCPT TO:<b@example.net>')).toBe(RCPT);
    expect(await client.say('DATA')).toBe(GREYLISTED);
    expect(tarpit.stats().recipients).toEqual({ pass: 0, defer: 0, reject: 0, error: 1 });
  });

  it('is answered line by line when it does not wait for replies, up to 4096 bytes ahead', async () => {
    await serve({ greyStall: 0 });
    const client = new Client();
    await expectReceived(client, BANNER);
    client.socket.write(`RSET\r\nNOOP\r\nHELO\r\nVRFY ${'x'.repeat(9000)}\r\n`);
    await expectReceived(
      client,
      `${BANNER}250 Ok to start over.\r\n250 2.0.0 OK I did nothing\r\n501 helo requires domain name.\r\n`,
    );
    expect(tarpit.stats().cut).toBeGreaterThan(0);
    // The line lost its end, and goes on to the next.
    expect(await client.say('')).toBe('500 5.5.1 Command unrecognized\r\n');
    expect(await client.say('QUIT')).toBe('221 mx.example.net\r\n');
  });

  it('is let go when it says nothing for 400 seconds', async () => {
    await serve({ greyStall: 0 });
    const client = new Client();
    await expectReceived(client, BANNER);
    await network.advance(399);
    expect(tarpit.stats().connections).toBe(1);
    await network.advance(7);
    await vi.waitFor(() => expect(client.hasEnded).toBe(true), { interval: 2 });
    expect(tarpit.stats().ended).toEqual({ client: 0, reply: 0, idle: 1, time: 0, closed: 0 });
  });

  it('is counted once when it goes away while the greylist is asked', async () => {
    let answer = (): void => {};
    const why = async (ip: string) => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return greylist.why(ip);
    };
    await greylist.trap(CLIENT);
    await serve({}, { check: (attempt) => greylist.check(attempt), why });
    const client = new Client();
    await vi.waitFor(() => expect(tarpit.stats().connections).toBe(1), { interval: 2 });
    client.socket.resetAndDestroy();
    await vi.waitFor(() => expect(reports).toHaveLength(1), { interval: 2 });
    answer();
    await network.advance(5);
    expect(tarpit.stats()).toMatchObject({ connections: 0, trapped: 0, ended: { client: 1 } });
  });
});

describe('the tarpit', () => {
  it('closes connections beyond maxConnections, and counts them', async () => {
    await serve({ maxConnections: 1 });
    const client = new Client();
    await expectReceived(client, '2');
    const other = new Client();
    await vi.waitFor(() => expect(other.hasEnded).toBe(true), { interval: 2 });
    expect(tarpit.stats()).toMatchObject({ connections: 1, refused: 1 });
  });

  it('ends what it holds when it closes', async () => {
    await serve();
    const client = new Client();
    await expectReceived(client, '2');
    await tarpit.close();
    await vi.waitFor(() => expect(client.hasEnded).toBe(true), { interval: 2 });
    expect(reports).toEqual([expect.objectContaining({ end: 'closed', trapped: false })]);
  });

  it('defers a real client', async () => {
    tarpit = await serveTarpit(greylist, { port: 0, stutter: 0.001, greyStall: 0.05 });
    const { host, port } = tarpit.address as { host: string; port: number };
    const transport = createTransport({ host, port, name: 'mail.example.org' });
    const mail = { from: 'alice@example.org', to: 'bob@example.net', text: 'hello' };
    await expect(transport.sendMail(mail)).rejects.toThrow(/451 Temporary failure, please try again later/);
    transport.close();
    expect(tarpit.stats().recipients.defer).toBe(1);
  });

  it.each([
    [{ stutter: 11 }, 'stutter: not a number 0..10: 11'],
    [{ greyStall: -1 }, 'greyStall: not a number 0..90: -1'],
    [{ maxConnections: 5, maxTrapped: 6 }, 'maxTrapped: not a whole number 0..5: 6'],
    [{ trappedCode: 250 as 450 }, 'trappedCode: not 450 or 550: 250'],
    [{ hostname: 'a b' }, 'hostname: not 1 to 255 characters of ASCII without blanks: "a b"'],
  ])('refuses the options %o', async (options, message) => {
    await serve();
    await expect(serveTarpit(greylist, { port: 0, ...options })).rejects.toMatchObject({
      code: 'ERR_SPAMD_OPTION',
      message,
    });
  });
});
