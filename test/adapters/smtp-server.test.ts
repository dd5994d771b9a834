import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import type { SMTPServerOptions } from 'smtp-server';
import {
  type Attempt,
  type Entry,
  Greylist,
  type GreylistPolicy,
  MemoryStore,
  SyncKey,
  SyncPeer,
  type Verdict,
} from 'spamd-sync';
import {
  greylistHeader,
  greylistRcptTo,
  type RcptToHandler,
  type RcptToSession,
} from 'spamd-sync/adapters/smtp-server';
import { MemoryNetwork } from 'spamd-sync/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { HELO, serve } from '../support/mta.ts';

const START = 1_800_000_000;
const PASSTIME = 300;
const DAY = 86_400;
const TRAP = 'trap@example.net';
/** More than these tests need; a store of the default size takes 20 MB at once. */
const SMALL = { maxTuples: 100, maxAddresses: 100 };

class FailingStore extends MemoryStore {
  override update(): never {
    throw new Error('the disk is gone');
  }
}

/** A greylist whose time the test sets, and what it announced. */
function greylistAt(policy: Partial<GreylistPolicy> = {}, store = new MemoryStore(SMALL)) {
  const clock = { time: START, now: () => clock.time };
  const announced: Entry[] = [];
  const group = { announce: async (entries: Iterable<Entry>) => void announced.push(...entries) };
  const greylist = new Greylist({ store, group, clock, policy: { passtime: PASSTIME, ...policy } });
  onTestFinished(() => greylist.close());
  return { greylist, clock, announced };
}

describe('the replies of greylistRcptTo', () => {
  test('a client gets 451 with the seconds left until passtime is over, and then delivers any mail', async () => {
    const { greylist, clock } = greylistAt();
    const { deliver } = await serve({ onRcptTo: greylistRcptTo(greylist) });

    expect(await deliver()).toEqual([`451 4.7.1 Greylisted, please try again in ${PASSTIME + 1} seconds`]);
    clock.time += PASSTIME;
    expect(await deliver()).toEqual(['451 4.7.1 Greylisted, please try again in 1 seconds']);
    clock.time += 1;
    expect(await deliver()).toEqual(['250 taken']);
    expect(await deliver({ from: 'carol@example.org', to: 'dave@example.net' })).toEqual(['250 taken']);
  });

  test('a client gets 550 with the expiry of its trap at a spamtrap, and for every recipient from then on', async () => {
    const { greylist } = greylistAt();
    await greylist.spamtraps.add(TRAP);
    const { deliver } = await serve({ onRcptTo: greylistRcptTo(greylist) });
    const refused = `550 5.7.1 Refused: your address is trapped until ${new Date((START + DAY) * 1000).toISOString()}`;

    expect(await deliver({ to: ['bob@example.net', TRAP, 'dave@example.net'] })).toEqual([
      `451 4.7.1 Greylisted, please try again in ${PASSTIME + 1} seconds`,
      refused,
      refused,
    ]);
    expect(await deliver()).toEqual([refused]);
  });

  test.each([
    { onError: 'pass', replies: ['250 taken'] },
    { onError: 'defer', replies: ['451 4.3.0 Temporary local problem, please try again later'] },
  ] as const)('a client gets the reply of onError: $onError when the store fails', async ({ onError, replies }) => {
    const { greylist } = greylistAt({ onError }, new FailingStore(SMALL));
    const verdicts: Verdict[] = [];
    const { deliver } = await serve({
      onRcptTo: greylistRcptTo(greylist, { onVerdict: (verdict) => verdicts.push(verdict) }),
    });

    expect(await deliver()).toEqual(replies);
    expect(verdicts).toMatchObject([{ action: onError, reason: 'error', error: { message: 'the disk is gone' } }]);
  });
});

describe('the attempts of greylistRcptTo', () => {
  test('the greylist and onVerdict get the attempt as the client made it', async () => {
    const { greylist } = greylistAt();
    const seen: [Verdict['reason'], Attempt, string, number][] = [];
    const { deliver } = await serve({
      onRcptTo: greylistRcptTo(greylist, {
        onVerdict: ({ reason }, attempt, { openingCommand, transaction }) =>
          seen.push([reason, attempt, openingCommand, transaction]),
      }),
    });

    await deliver({ from: 'Alice@example.org', to: 'Bob@example.net' });

    const attempt = {
      ip: '127.0.0.1',
      helo: HELO,
      from: '<Alice@example.org>',
      to: '<Bob@example.net>',
      connectedTo: '127.0.0.1',
    };
    expect(seen).toEqual([['first-sight', attempt, 'EHLO', 1]]);
  });

  test('the null sender is announced as <>', async () => {
    const { greylist, announced } = greylistAt();
    const { deliver } = await serve({ onRcptTo: greylistRcptTo(greylist) });

    await deliver({ from: '' });

    const grey = { type: 'grey', ip: '127.0.0.1', helo: HELO, from: '<>', to: '<bob@example.net>', timestamp: START };
    expect(announced).toEqual([grey]);
  });

  test('a domain stays in ASCII, so that it matches spamtraps and the tuples of spamd hosts', async () => {
    const { greylist, announced } = greylistAt();
    await greylist.spamtraps.add('trap@xn--bcher-kva.example');
    const { deliver } = await serve({ onRcptTo: greylistRcptTo(greylist) });

    await deliver({ from: 'alice@xn--mnchen-3ya.example' });
    expect(announced).toMatchObject([{ type: 'grey', from: '<alice@xn--mnchen-3ya.example>' }]);
    expect(await deliver({ to: 'trap@xn--bcher-kva.example' })).toEqual([expect.stringMatching(/^550 /)]);
  });

  test('an attempt has the address that the client connected to, which may be the low-priority MX', async () => {
    const { greylist, clock } = greylistAt({ lowPriorityMx: '127.0.0.1' });
    const { deliver } = await serve({ onRcptTo: greylistRcptTo(greylist) });
    clock.time += 61;

    expect(await deliver()).toEqual([expect.stringMatching(/^550 5\.7\.1 /)]);
  });

  test('a client that has logged in is greylisted only with the option authenticated', async () => {
    const { greylist, announced } = greylistAt();
    const byDefault = await serve({ onRcptTo: greylistRcptTo(greylist) });
    expect(await byDefault.deliver({ login: true })).toEqual(['250 taken']);
    expect(announced).toEqual([]);

    const all = await serve({ onRcptTo: greylistRcptTo(greylist, { authenticated: true }) });
    expect(await all.deliver({ login: true })).toEqual([expect.stringMatching(/^451 4\.7\.1 /)]);
    expect(announced).toMatchObject([{ type: 'grey', ip: '127.0.0.1' }]);
  });
});

describe('greylistRcptTo with sessions that loopback does not make', () => {
  const session: RcptToSession = {
    remoteAddress: '192.0.2.25',
    localAddress: '192.0.2.1',
    hostNameAppearsAs: HELO,
    envelope: { mailFrom: { address: 'alice@example.org' } },
  };

  function ask(handler: RcptToHandler, changed: Partial<RcptToSession>): Promise<Error | null | undefined> {
    return new Promise((resolve) => handler({ address: 'bob@example.net' }, { ...session, ...changed }, resolve));
  }

  test('an IPv4-mapped IPv6 address is the IPv4 client', async () => {
    const { greylist, clock, announced } = greylistAt();
    const handler = greylistRcptTo(greylist);

    expect(await ask(handler, { remoteAddress: '::ffff:192.0.2.25' })).toMatchObject({ responseCode: 451 });
    expect(announced).toMatchObject([{ type: 'grey', ip: '192.0.2.25' }]);
    clock.time += PASSTIME + 1;
    expect(await ask(handler, {})).toBeNull();
  });

  test('a session without a sender has the null sender', async () => {
    const { greylist, announced } = greylistAt();

    await ask(greylistRcptTo(greylist), { envelope: { mailFrom: false } });
    expect(announced).toMatchObject([{ type: 'grey', from: '<>' }]);
  });

  test('a domain of more than 255 characters is not converted to ASCII, which would take long', async () => {
    const { greylist, announced } = greylistAt();
    const handler = greylistRcptTo(greylist);
    const distinct = (count: number) => String.fromCharCode(...Array.from({ length: count }, (_, at) => 0x4e00 + at));

    for (const domain of [distinct(255), distinct(256)]) {
      await ask(handler, { envelope: { mailFrom: { address: `alice@${domain}` } } });
    }
    expect(announced).toMatchObject([
      { type: 'grey', from: expect.stringMatching(/^<alice@xn--[a-z0-9-]+>$/) },
      { type: 'grey', from: `<alice@${distinct(256)}>` },
    ]);
  });

  test('a session without an address passes, as one over a Unix socket is', async () => {
    const { greylist, announced } = greylistAt();

    expect(await ask(greylistRcptTo(greylist), { remoteAddress: '' })).toBeUndefined();
    expect(announced).toEqual([]);
  });
});

describe('greylistRcptTo behind a proxy', () => {
  /** What a server answers to a client that says all of this at once, behind the greeting but for the first. */
  async function talk(options: SMTPServerOptions, lines: readonly string[], first = ''): Promise<string[]> {
    const { port } = await serve(options);
    const socket = createConnection(port, '127.0.0.1');
    if (first !== '') socket.write(`${first}\r\n`);
    const replies: string[] = [];
    for await (const line of createInterface(socket)) {
      if (replies.push(line) === 1) socket.write(`${lines.join('\r\n')}\r\n`);
    }
    return replies;
  }
  const mail = ['MAIL FROM:<alice@example.org>', 'RCPT TO:<bob@example.net>', 'QUIT'];

  test('XCLIENT says who the client is, also who has logged in, and its proxy is no low-priority MX', async () => {
    const { greylist, clock, announced } = greylistAt({ lowPriorityMx: '127.0.0.1' });
    clock.time += 61;
    const options = { onRcptTo: greylistRcptTo(greylist), useXClient: true, hideSTARTTLS: true };
    const helo = ['EHLO proxy.example.net', 'XCLIENT ADDR=192.0.2.25 HELO=mx.example.org', `EHLO ${HELO}`];
    expect((await talk(options, [...helo, ...mail])).at(-2)).toMatch(/^451 4\.7\.1 /);
    expect(announced).toMatchObject([{ type: 'grey', ip: '192.0.2.25', helo: HELO }]);

    const ipv6 = ['EHLO proxy.example.net', 'XCLIENT ADDR=IPV6:2001:DB8::7', `EHLO ${HELO}`];
    expect((await talk(options, [...ipv6, ...mail])).at(-2)).toMatch(/^451 4\.7\.1 /);
    const login = ['EHLO proxy.example.net', 'XCLIENT ADDR=192.0.2.26 LOGIN=alice', `EHLO ${HELO}`];
    expect((await talk(options, [...login, ...mail])).at(-2)).toMatch(/^250 /);
  });

  test('the PROXY protocol says who the client is', async () => {
    const { greylist, announced } = greylistAt();
    const options = { onRcptTo: greylistRcptTo(greylist), useProxy: true };
    const proxy = 'PROXY TCP4 192.0.2.27 192.0.2.1 4000 25';
    const replies = await talk(options, [`EHLO ${HELO}`, ...mail], proxy);
    expect(replies.at(-2)).toMatch(/^451 4\.7\.1 /);
    expect(announced).toMatchObject([{ type: 'grey', ip: '192.0.2.27' }]);
  });
});

describe('what greylistRcptTo says of its own', () => {
  test('a message that was delayed has one header field that says so, and no other has', async () => {
    const { greylist, clock } = greylistAt();
    const headers: string[] = [];
    const { deliver } = await serve({
      onRcptTo: greylistRcptTo(greylist, { clock }),
      onData(stream, session, callback) {
        headers.push(greylistHeader(session));
        stream.resume().on('end', () => callback(null, 'taken'));
      },
    });
    const to = ['bob@example.net', 'carol@example.net'];
    await deliver({ to });
    clock.time += PASSTIME + 1;
    await deliver({ to });
    await deliver({ to });
    const date = 'Fri, 15 Jan 2027 08:05:01 +0000';
    expect(headers).toEqual([`X-Greylist: delayed 301 seconds by spamd-sync; ${date}\r\n`, '']);
  });

  test('the option reply replaces the text, unless it is no reply', async () => {
    const { greylist } = greylistAt();
    const reply = ({ reason }: Verdict) => (reason === 'first-sight' ? '450 Come back' : 'no reply');
    const { deliver } = await serve({ onRcptTo: greylistRcptTo(greylist, { reply }) });
    expect(await deliver()).toEqual(['450 Come back']);
    expect(await deliver()).toEqual([expect.stringMatching(/^451 4\.7\.1 /)]);
  });
});

describe('two mail servers in a group', () => {
  /** Real SMTP, and a network for the group whose time the test sets. */
  async function openGroup() {
    const network = new MemoryNetwork();
    const key = SyncKey.fromBytes(Buffer.from('secret'));
    const open = async (address: string) => {
      const transport = network.transport(address);
      const peer = await SyncPeer.open({ key, transport, clock: network.clock, listen: 'em0', targets: ['em0'] });
      const greylist = new Greylist({
        store: new MemoryStore(SMALL),
        group: peer,
        clock: network.clock,
        policy: { passtime: PASSTIME },
      });
      await greylist.spamtraps.add(TRAP);
      onTestFinished(async () => {
        await greylist.close();
        await peer.close();
      });
      const { deliver } = await serve({ onRcptTo: greylistRcptTo(greylist) });
      return { deliver, greylist };
    };
    return { network, mx1: await open('192.0.2.1'), mx2: await open('192.0.2.2') };
  }

  /** The white and the trapped addresses of a greylist. */
  async function addresses(greylist: Greylist): Promise<unknown[]> {
    const known = [];
    for await (const record of greylist.export()) {
      if (record.type === 'WHITE' || record.type === 'TRAPPED') known.push([record.type, record.ip, record.expires]);
    }
    return known;
  }

  test('a first attempt at one server and a retry at the other make the client white at both', async () => {
    const { network, mx1, mx2 } = await openGroup();

    expect(await mx1.deliver()).toEqual([`451 4.7.1 Greylisted, please try again in ${PASSTIME + 1} seconds`]);
    await network.advance(60);
    expect(await mx2.deliver()).toEqual([`451 4.7.1 Greylisted, please try again in ${PASSTIME + 1 - 60} seconds`]);
    await network.advance(PASSTIME);
    expect(await mx2.deliver()).toEqual(['250 taken']);
    await network.settle();

    expect(await addresses(mx1.greylist)).toEqual([['WHITE', '127.0.0.1', START + 60 + PASSTIME + 36 * DAY]]);
    expect(await addresses(mx2.greylist)).toEqual(await addresses(mx1.greylist));
    expect(await mx1.deliver({ to: 'dave@example.net' })).toEqual(['250 taken']);
  });

  test('a spamtrap at one server traps the client at both', async () => {
    const { network, mx1, mx2 } = await openGroup();

    expect(await mx1.deliver({ to: TRAP })).toEqual([expect.stringMatching(/^550 5\.7\.1 /)]);
    await network.settle();

    expect(await mx2.deliver()).toEqual([expect.stringMatching(/^550 5\.7\.1 /)]);
    expect(await addresses(mx1.greylist)).toEqual([['TRAPPED', '127.0.0.1', START + DAY]]);
    expect(await addresses(mx2.greylist)).toEqual(await addresses(mx1.greylist));
  });
});

describe('the arguments of greylistRcptTo', () => {
  const greylist = { check: () => Promise.reject(new Error('never asked')) };
  test.each<[string, unknown, unknown, string]>([
    ['no greylist', undefined, {}, 'greylist: has no method check: undefined'],
    ['a store for a greylist', new MemoryStore(SMALL), {}, 'greylist: has no method check: [object Object]'],
    [
      'options that are no object',
      greylist,
      5,
      'options: not an object with authenticated, onVerdict, reply, clock: 5',
    ],
    [
      'an unknown option',
      greylist,
      { onverdict: () => {} },
      'onverdict: no such option; there are: authenticated, onVerdict, reply, clock',
    ],
    [
      'an authenticated that is neither true nor false',
      greylist,
      { authenticated: 'yes' },
      'authenticated: not true or false: "yes"',
    ],
    ['an onVerdict that is no function', greylist, { onVerdict: true }, 'onVerdict: not a function: true'],
  ])('greylistRcptTo refuses %s', (_what, made, options, message) => {
    expect(() => greylistRcptTo(made as Greylist, options as object)).toThrow(
      expect.objectContaining({ code: 'ERR_SPAMD_OPTION', message }),
    );
  });
});
