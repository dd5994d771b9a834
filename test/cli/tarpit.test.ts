import { once } from 'node:events';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Greylist } from 'spamd-sync';
import { serveGreylist } from 'spamd-sync/socket';
import { expect, it, vi } from 'vitest';
import { freeTcpPort } from '../support/free-port.ts';
import { objects, spamdSync } from './cli.ts';

it('tarpit holds up a client, records its tuple with the daemon, and says what it held up', async () => {
  await using greylist = new Greylist();
  const control = join(tmpdir(), `spamd-sync-tarpit-${process.pid}`);
  await using _served = await serveGreylist(greylist, control);
  const port = await freeTcpPort();
  const listen = ['--listen', `inet:127.0.0.1:${port}`, '--control', control];
  const running = spamdSync(['tarpit', ...listen, '-s', '0.001', '-S', '0.02', '-n', 'mx', '--json']);
  let received = '';
  await vi.waitFor(
    async () => {
      const socket = createConnection(port, '127.0.0.1').setEncoding('latin1');
      await once(socket, 'connect');
      socket.write('HELO mail.example.org\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n');
      for await (const text of socket) received += text;
    },
    { interval: 5 },
  );
  expect(received).toMatch(/^220 mx ESMTP .*\r\n451 Temporary failure, please try again later\.\r\n$/s);
  process.emit('SIGINT');
  const ran = await running;
  expect(ran).toMatchObject({ err: '', exit: 0 });
  const tuple = { ip: '127.0.0.1', helo: 'mail.example.org', from: '<a@example.org>', to: '<b@example.net>' };
  expect(objects(ran)).toEqual([
    expect.objectContaining({ event: 'listen', host: '127.0.0.1', port }),
    expect.objectContaining({ event: 'recipient', ...tuple, action: 'defer', reason: 'first-sight' }),
    expect.objectContaining({ event: 'end', ip: '127.0.0.1', trapped: false, bytesSent: received.length }),
    expect.objectContaining({ event: 'stop', held: { trapped: 0, grey: 1 }, bytesSent: received.length }),
  ]);
  expect((await greylist.why('127.0.0.1')).tuples).toHaveLength(1);
});

it.each([
  { args: ['--listen', 'unix:/tmp/x'], exit: 2, err: /--listen: a client of a Unix socket has no address/ },
  { args: ['-s', '11'], exit: 2, err: /not a number 0\.\.10/ },
  { args: ['--control', '/nonexistent/control'], exit: 3, err: /nobody serves a greylist/ },
])('tarpit $args ends with $exit', async ({ args, exit, err }) => {
  expect(await spamdSync(['tarpit', ...args])).toEqual({ out: '', err: expect.stringMatching(err), exit });
});
