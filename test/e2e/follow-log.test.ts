import { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MailHost } from './mail-host.ts';

let host: MailHost;
beforeAll(async () => {
  host = await MailHost.open();
  await host.startDaemon();
});
afterAll(() => host[Symbol.asyncDispose]());

const line = (last: number) =>
  `bc31ec1d54053098 mta delivery evpid=ec80d30a3308b8d6 from=<a@example.org> to=<b@example.com> rcpt=<-> ` +
  `source="127.0.0.1" relay="192.0.2.${last} (mx.example.com)" delay=0s result="Ok" stat="250 ok"\n`;

test('follow-log follows a file from its end, over rotation and cuts, and over the death of the daemon', async () => {
  const log = join(host.directory, 'mail.log');
  writeFileSync(log, line(1));
  const program = host.start([...host.command, 'follow-log', '--verbose', '--control', host.control, log]);
  const white = () => [...program.stdout.matchAll(/192\.0\.2\.(\d+) is white/g)].map(([, last]) => Number(last));
  // What is there when it starts is not looked at, so lines are added until one is.
  await expect
    .poll(() => {
      appendFileSync(log, line(2));
      return white();
    })
    .toContain(2);
  renameSync(log, `${log}.0`);
  appendFileSync(`${log}.0`, line(3));
  writeFileSync(log, line(4));
  await expect.poll(white).toEqual(expect.arrayContaining([3, 4]));
  truncateSync(log, 0);
  await expect
    .poll(() => {
      appendFileSync(log, line(5));
      return white();
    })
    .toContain(5);
  await host.signalDaemon('SIGKILL');
  appendFileSync(log, line(6));
  await expect.poll(() => program.stderr).toMatch(/^\S+Z deliveries are lost: /);
  await host.startDaemon();
  appendFileSync(log, line(7));
  await expect.poll(white).toContain(7);
  expect(program.stderr).toMatch(/the daemon answers again; \d+ (delivery was|deliveries were) lost/);
  expect(white()).not.toContain(1);
  expect(await host.records('192.0.2.7')).toEqual(['WHITE']);
  program.signal('SIGTERM');
  expect(await program.ended).toBe(0);
});

test('follow-log reads stdin to its end', async () => {
  const command = [...host.command, 'follow-log', '--control', host.control].join(' ');
  const text = line(9).trimEnd();
  const program = host.start(['sh', '-c', `printf '%s\\n' '${text}' | ${command}`]);
  expect(await program.ended).toBe(0);
  expect(program.stdout + program.stderr).toBe('');
  expect(await host.records('192.0.2.9')).toEqual(['WHITE']);
});
