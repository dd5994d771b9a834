import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { INTERFACE, Lab } from './lab.ts';
import { Program } from './program.ts';

const EXAMPLE = [process.execPath, '--import', 'tsx', 'examples/peer.ts'];

let directory: string;
let keyFile: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spamd-sync-'));
  keyFile = join(directory, 'spamd.key');
  writeFileSync(keyFile, 'secret\n', { mode: 0o600 });
});
afterAll(() => rmSync(directory, { recursive: true }));

test('without arguments it shows GREY, WHITE and TRAPPED, a refusal, and stops at Ctrl-C', async () => {
  await using example = new Program(EXAMPLE);

  for (const said of [
    /received GREY from 127\.0\.0\.1: /,
    /received WHITE /,
    /received TRAPPED /,
    /dropped .*: auth: /,
  ]) {
    await expect.poll(() => example.stdout).toMatch(said);
  }
  await expect.poll(() => example.stdout).toContain('Ctrl-C');
  expect(example.running).toBe(true);
  example.signal('SIGINT');

  expect(await example.ended).toBe(0);
  expect(example.stderr).toBe('');
});

test('--help tells how it is used', async () => {
  await using example = new Program([...EXAMPLE, '--help']);

  expect(await example.ended).toBe(0);
  expect(example.stdout).toMatch(/^usage: npm run peer -- .*-y listen/);
});

describe('what cannot work is said in one line', () => {
  /** Runs the example to its end; it is to end by itself. */
  async function refusal(...args: string[]): Promise<string> {
    await using example = new Program([...EXAMPLE, ...args]);
    expect(await example.ended).toBe(1);
    expect(example.stdout).toBe('');
    expect(example.stderr).toMatch(/^spamd-sync: [^\n]+\n$/);
    return example.stderr;
  }

  test('a missing key file', async () => {
    const missing = join(directory, 'missing.key');
    expect(await refusal('-y', '127.0.0.1', '-K', missing)).toContain(`there is no key file "${missing}"`);
  });

  test('an unknown interface', async () => {
    expect(await refusal('-y', 'em99', '-K', keyFile)).toContain('there is no interface "em99"');
  });

  test('a port in use', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    try {
      const said = await refusal('-y', '127.0.0.1', '-p', String(port), '-K', keyFile);
      expect(said).toContain(`cannot listen on 127.0.0.1:${port}: the port is in use`);
    } finally {
      socket.close();
    }
  });

  test.each([
    { args: ['--nonsense'], said: "'--nonsense'" },
    { args: ['-Z'], said: "'-Z'" },
    { args: ['-y'], said: '-y' },
    { args: ['stray'], said: "'stray'" },
    { args: ['-p', 'smtp', '--no-key'], said: '-p: not a port: "smtp"' },
    { args: ['-p', '65536', '--no-key'], said: 'port: ' },
    { args: ['--group', '192.0.2.1', '--no-key'], said: 'group: ' },
    { args: ['-Y', '127.0.0.1', '--dialect', 'sendmail', '--no-key'], said: 'sendmail' },
    { args: ['-Y', 'a name', '--no-key'], said: 'a name' },
  ])('$args', async ({ args, said }) => {
    expect(await refusal(...args)).toContain(said);
  });
});

describe('in a group', () => {
  let lab: Lab;
  beforeAll(() => {
    lab = new Lab(inject('labPrefix'), 2);
  });
  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
  });

  test.each([INTERFACE, `${INTERFACE}:2`])('-Y %s: it shows what another host says', async (target) => {
    await using example = new Program([...EXAMPLE, '-y', INTERFACE, '-Y', target, '-K', keyFile], lab.host(0).inside);
    await expect.poll(() => `${example.stdout}${example.stderr}`).toMatch(/listening on 0\.0\.0\.0:8025/);
    const other = await lab.host(1).open({ key: 'secret\n', listen: INTERFACE, targets: [INTERFACE] });

    await other.announce({
      type: 'grey',
      ip: '192.0.2.40',
      helo: 'mail.example.org',
      from: '<>',
      to: '<bob@example.net>',
      timestamp: Math.floor(Date.now() / 1000),
    });

    await expect
      .poll(() => example.stdout)
      .toContain(
        `received GREY from ${lab.host(1).address}: ip 192.0.2.40 helo "mail.example.org" from "<>" to "<bob@example.net>"`,
      );
    example.signal('SIGTERM');
    expect(await example.ended).toBe(0);
  });
});
