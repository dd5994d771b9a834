/**
 * A day of a sync group in miniature: three MTAs made with smtp-server, a daemon with a tarpit, and a listener on the wire, each on
 * a host of its own, in network namespaces. swaks delivers mail from another. It prints a timeline, and ends with 1 if the day
 * did not go as it should.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INTERFACE, Lab, type LabHost } from '../e2e/lab.ts';
import { Program } from '../e2e/program.ts';
import type { RemotePeer } from '../e2e/remote.ts';
import { needNamespaces } from '../e2e/setup.ts';
import { converse } from '../e2e/swaks.ts';
import { Timeline } from './timeline.ts';

/** For passtime, seconds. */
const PASSTIME = 3;
const [CLIENT, SPAMMER] = ['10.99.0.101', '10.99.0.102'];
const TRAP = 'trap@example.net';
const NODE = [process.execPath, '--import', 'tsx'];
/** How long a program may take to be ready, and an entry to arrive, milliseconds. */
const PATIENCE_MS = 30_000;

const directory = mkdtempSync(join(tmpdir(), 'spamd-sync-lab-'));
const key = join(directory, 'spamd.key');
const control = join(directory, 'control');
const timeline = new Timeline((line) => console.log(line));
writeFileSync(key, 'a key of the lab\n', { mode: 0o600 });

const prefix = `lb${process.pid.toString(36)}-`;
needNamespaces();
const lab = new Lab(prefix, 5);
const programs: Program[] = [];
const [a, b, c, d, outside] = [0, 1, 2, 3, 4].map((index) => lab.host(index)) as [
  LabHost,
  LabHost,
  LabHost,
  LabHost,
  LabHost,
];
let wire: RemotePeer;
// However it ends, no namespace is left behind.
try {
  await open();
  await day();
  console.log(timeline.failures === 0 ? 'all went as it should' : `${timeline.failures} did not go as they should`);
  process.exitCode = timeline.failures === 0 ? 0 : 1;
} finally {
  for (const program of programs.toReversed()) await program[Symbol.asyncDispose]();
  await lab[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
}

async function open(): Promise<void> {
  for (const ip of [CLIENT, SPAMMER]) outside.ip('addr', 'add', `${ip}/24`, 'dev', INTERFACE);
  wire = await outside.open({ key: 'a key of the lab\n', listen: INTERFACE, targets: [] });
  const mtas = [a, b, c].map((host) => startMta(host));
  await Promise.all([...mtas, startDaemon(d).then(() => startTarpit(d))]);
  await run(d, ['spamtrap', 'add', TRAP, '--control', control]);
}

/** What happens, and what is to come of it. */
async function day(): Promise<void> {
  const from = { ip: CLIENT, to: 'bob@example.net' };
  await deliver('deferred at A', a, from, /^451 4\.7\.1 Greylisted/);
  await onWire('A announces the tuple', { type: 'grey', ip: CLIENT }, a);
  await deliver('too soon at B', b, from, /^451 4\.7\.1 Greylisted/);
  await new Promise((resolve) => setTimeout(resolve, (PASSTIME + 2) * 1000));
  await deliver('retried at B after passtime and accepted', b, from, /^250 .*accepted/);
  await onWire('B announces that the client is white', { type: 'white', ip: CLIENT }, b);
  await deliver('white at C at once, with another mail', c, { ip: CLIENT, to: 'carol@example.net' }, /^250 .*accepted/);

  const spam = { ip: SPAMMER, to: TRAP };
  await deliver(
    'to a spamtrap at D, which holds it up',
    d,
    spam,
    /^450 Your address 10\.99\.0\.102 has mailed to spamtraps here/,
  );
  await onWire('D announces that the spammer is trapped', { type: 'trapped', ip: SPAMMER }, d);
  for (const [name, host] of [
    ['A', a],
    ['B', b],
    ['C', c],
  ] as const) {
    await deliver(
      `trapped at ${name}`,
      host,
      { ip: SPAMMER, to: 'bob@example.net' },
      /^550 5\.7\.1 Refused: your address is trapped/,
    );
  }
}

/** Delivers a mail, and notes the last reply. */
async function deliver(what: string, { address, name }: LabHost, mail: { ip: string; to: string }, expected: RegExp) {
  const envelope = ['--helo', 'client.example.org', '--from', 'alice@example.org', '--to', mail.to];
  const options = ['--server', address, '--local-interface', mail.ip, '--timeout', '25s', ...envelope];
  const { rcpt, data, transcript } = await converse(options, outside.inside);
  timeline.note(`${mail.ip} -> ${name}`, what, data ?? refusal(rcpt, transcript), expected);
}

/** The tarpit refuses DATA itself. */
function refusal(rcpt: readonly string[], transcript: string): string {
  const [, last = 'no reply'] = /^<\*\* +(\d{3} .*)$/m.exec(transcript) ?? [];
  return rcpt.at(-1)?.startsWith('250') === false ? (rcpt.at(-1) ?? last) : last;
}

/** Notes an entry that the listener received from a host. */
async function onWire(what: string, expected: { type: string; ip: string }, { address, name }: LabHost): Promise<void> {
  const found = () =>
    wire.entries.some((entry, index) => {
      const isIt = entry.type === expected.type && entry.ip === expected.ip;
      return isIt && wire.sources[index]?.address === address;
    });
  await until(found).catch(() => {});
  const received = found() ? `${expected.type.toUpperCase()} ${expected.ip}` : 'nothing';
  timeline.note(`${name} -> group`, what, received, /^[A-Z]/);
}

async function startMta(host: LabHost): Promise<void> {
  const options = ['--listen', `${host.address}:25`, '--passtime', `${PASSTIME}`, ...group()];
  await start(host, [...NODE, 'examples/mta.ts', ...options], /in a group/);
}

async function startDaemon(host: LabHost): Promise<void> {
  const options = ['--store', 'memory', '--control', control, '--passtime', `${PASSTIME}`, ...group()];
  await start(host, [...NODE, 'src/cli/main.ts', 'serve', ...options], /control socket/);
}

async function startTarpit(host: LabHost): Promise<void> {
  const options = ['--listen', `inet:${host.address}:25`, '--control', control, '-s', '0.005', '-n', host.name];
  await start(host, [...NODE, 'src/cli/main.ts', 'tarpit', ...options], /holding up clients/);
}

function group(): readonly string[] {
  return ['-y', INTERFACE, '-Y', INTERFACE, '-K', key];
}

/** Starts a program that ends with the lab, and waits until it says that it is ready. */
async function start(host: LabHost, command: readonly string[], ready: RegExp): Promise<void> {
  const program = new Program(command, host.inside);
  programs.push(program);
  await until(() => ready.test(program.stdout + program.stderr)).catch(() => {
    throw new Error(`${command.join(' ')}: ${program.stdout}${program.stderr}`);
  });
}

/** Runs the command to its end. */
async function run(host: LabHost, args: readonly string[]): Promise<void> {
  const program = new Program([...NODE, 'src/cli/main.ts', ...args], host.inside);
  if ((await program.ended) !== 0) throw new Error(`${args.join(' ')}: ${program.stderr}`);
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error('not in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
