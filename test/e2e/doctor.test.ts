import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Entry } from 'spamd-sync';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { INTERFACE, Lab } from './lab.ts';
import { Program } from './program.ts';
import type { HostOptions, RemotePeer } from './remote.ts';

const COMMAND = [process.execPath, '--import', 'tsx', 'src/cli/main.ts'];
const KEY = 'secret\n';
const onGroup: HostOptions = { key: KEY, listen: INTERFACE, targets: [INTERFACE] };

let directory: string;
let lab: Lab;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spamd-sync-doctor-'));
  writeFileSync(join(directory, 'key'), KEY, { mode: 0o600 });
  lab = new Lab(inject('labPrefix'), 3);
});
afterEach(() => Promise.all(lab.hosts.map((host) => host.closePeers())));
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

interface Outcome {
  readonly exit: number | string;
  /** Check, severity and what it is about, of every finding that is not in order, but for the buffer of this kernel. */
  readonly trouble: readonly string[];
  readonly text: string;
}

/** Runs the doctor on the first host, while another one announces if it is given. */
async function doctor(args: readonly string[], other?: RemotePeer, age = 0): Promise<Outcome> {
  const command = [...COMMAND, 'doctor', '-K', join(directory, 'key'), '--for', '2', '--json', ...args];
  await using program = new Program(command, lab.host(0).inside);
  for (let at = 0; program.running; at++) {
    const timestamp = Math.floor(Date.now() / 1000) - age;
    const entry: Entry = { type: 'trapped', ip: `198.51.100.${at & 255}`, timestamp, expires: timestamp + 3600 };
    await other?.announce(entry);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const exit = await program.ended;
  expect(program.stderr).toBe('');
  const lines = program.stdout.split('\n').filter((line) => line !== '');
  const findings = lines.map((line) => JSON.parse(line));
  const trouble = findings.filter(({ severity, check }) => severity !== 'ok' && check !== 'buffer');
  for (const { remedy } of trouble) expect(remedy).toEqual(expect.any(String));
  return {
    exit,
    trouble: trouble.map(({ check, severity, about }) => `${check} ${severity} ${about}`),
    text: findings.map(({ check, message }) => `${check}: ${message}`).join('\n'),
  };
}

const GROUP = ['-y', INTERFACE, '-Y', INTERFACE];

test('the doctor finds nothing wrong with a host that is heard', async () => {
  const other = await lab.host(1).open(onGroup);
  const { exit, trouble, text } = await doctor([...GROUP, '-Y', lab.host(1).name], other);
  expect(trouble).toEqual([]);
  expect(text).toMatch(/^interface: joined 224\.0\.1\.240 on em0 \(10\.99\.0\.1\), port 8025$/m);
  expect(text).toMatch(/^echo: .* arrives$/m);
  expect(text).toMatch(/^heard: mx2\.example\.org \(10\.99\.0\.2\) is heard: \d+ trapped$/m);
  expect(exit).toBe(0);
});

test('the doctor tells another key', async () => {
  const { exit, trouble } = await doctor(GROUP, await lab.host(1).open({ ...onGroup, key: 'other\n' }));
  expect(trouble).toEqual(['wrong-key bad 10.99.0.2']);
  expect(exit).toBe(1);
});

test.each([
  ['incoming', 'input', 'is dropped'],
  ['outgoing', 'output', 'is refused \\(EPERM\\)'],
])('the doctor tells a firewall that drops what is %s', async (_what, hook, how) => {
  const host = lab.host(0);
  host.run('nft', 'add', 'table', 'inet', 'f');
  host.run('nft', 'add', 'chain', 'inet', 'f', 'c', `{ type filter hook ${hook} priority 0; }`);
  host.run('nft', 'add', 'rule', 'inet', 'f', 'c', 'udp', 'dport', '8025', 'drop');
  try {
    const { exit, trouble, text } = await doctor(GROUP, await lab.host(1).open(onGroup));
    expect(trouble[0]).toBe(`echo bad ${INTERFACE}`);
    expect(text).toMatch(new RegExp(`^echo: .* ${how}: a firewall here blocks it$`, 'm'));
    expect(exit).toBe(1);
  } finally {
    host.run('nft', 'delete', 'table', 'inet', 'f');
  }
});

test('the doctor tells another group', async () => {
  const { exit, trouble, text } = await doctor(GROUP, await lab.host(1).open({ ...onGroup, group: '224.0.1.241' }));
  expect(trouble).toEqual(['other-group bad 10.99.0.2']);
  expect(text).toContain('10.99.0.2 announces to the group 224.0.1.241; this one is 224.0.1.240');
  expect(exit).toBe(1);
});

test.each([
  [300, 'the clock of 10.99.0.2 is 300 s behind'],
  [5000, 'all of 10.99.0.2 is stale: its newest timestamp is -5000 s from now'],
])('the doctor tells a clock that is off by %i s', async (age, words) => {
  const { exit, trouble, text } = await doctor(GROUP, await lab.host(1).open(onGroup), age);
  expect(trouble).toEqual(['skewed bad 10.99.0.2']);
  expect(text.replaceAll(/-?\b(30|500)\d\b/g, (number) => `${Math.sign(+number) * age}`)).toContain(words);
  expect(exit).toBe(1);
});

test('the doctor tells a host that is silent, and ends with 0 then', async () => {
  const { exit, trouble } = await doctor([...GROUP, '-Y', lab.host(2).name, '-Y', '10.99.0.2']);
  expect(trouble).toEqual(['silent warning mx3.example.org (10.99.0.3)', 'silent warning 10.99.0.2']);
  expect(exit).toBe(0);
});

test('the doctor tells that a spamd on this host would take us for its own echo', async () => {
  const spamd = `process.title = 'spamd'; require('node:dgram').createSocket({ type: 'udp4', reuseAddr: true }).bind(8025, () => console.log('bound'))`;
  await using program = new Program([process.execPath, '-e', spamd], lab.host(0).inside);
  await expect.poll(() => program.stdout).toBe('bound\n');
  const { exit, trouble, text } = await doctor([...GROUP, '--offline']);
  expect(trouble).toEqual(['own-address bad 10.99.0.1']);
  expect(text).toContain(`own-address: spamd (pid ${program.pid}) on this host takes all`);
  expect(exit).toBe(1);
  const { trouble: address, text: port } = await doctor(['-y', '10.99.0.1', '-Y', 'mx2.example.org']);
  expect(address).toEqual(['port bad 8025']);
  expect(port).toMatch(/the port is in use.*: spamd \(pid \d+\) has it/);
});

test('the doctor tells what is wrong with the interface, the key, the names and the options', async () => {
  expect((await doctor(['-y', 'em9'])).trouble).toEqual(['options warning undefined', 'interface bad em9']);
  const { trouble, exit } = await doctor([...GROUP, '-Y', 'mx9.invalid', '--offline']);
  expect(trouble).toEqual(['target bad mx9.invalid']);
  expect(exit).toBe(1);
  const ttl = await doctor(['-y', INTERFACE, '-Y', `${INTERFACE}:2`, '--offline']);
  expect(ttl.trouble).toEqual([`options warning ${INTERFACE}:2`]);
  expect(ttl.exit).toBe(0);
  expect((await doctor([...GROUP, '-K', '/nowhere', '--offline'])).trouble[0]).toMatch(/^key bad/);
});

test('the doctor tells a host that allow does not name', async () => {
  const other = await lab.host(1).open(onGroup);
  expect((await doctor([...GROUP, '--allow', '10.99.0.3'], other)).trouble).toEqual(['not-allowed bad 10.99.0.2']);
});
