import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SyncKey } from 'spamd-sync';
import type { ExchangePeer } from 'spamd-sync/exchange';
import { RemoteGreylist } from 'spamd-sync/socket';
import type { SpamdbRecord } from 'spamd-sync/spamdb';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { objects, spamdSync } from '../cli/cli.ts';
import { INTERFACE, Lab, type LabHost } from './lab.ts';
import { Program } from './program.ts';

const COMMAND = [process.execPath, '--import', 'tsx', 'src/cli/main.ts'];
const [SECRET, NEXT, OTHER] = ['the key of the group', 'the next key', 'another key'];
const RECORDS = 10_000;
const TIMEOUT = 120_000;

let directory: string;
let lab: Lab;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spamd-sync-exchange-'));
  lab = new Lab(inject('labPrefix'), 3);
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const fingerprint = (secret: string): string => SyncKey.fromBytes(Buffer.from(secret)).fingerprint;

/** A daemon on a host that receives from nobody by UDP, so that all that it learns comes by the exchange. */
class Daemon implements AsyncDisposable {
  readonly program: Program;
  readonly control: string;

  constructor(host: LabHost, ...more: readonly string[]) {
    this.control = join(directory, `${host.name}.control`);
    const store = `level:${join(directory, host.name)}`;
    const args = ['-y', host.address, '-K', keyOf(host), '--store', store, '--control', this.control];
    this.program = new Program([...COMMAND, 'serve', ...args, '--exchange-interval', '1s', ...more], host.inside);
  }

  static async ready(host: LabHost, ...more: readonly string[]): Promise<Daemon> {
    const daemon = new Daemon(host, ...more);
    const { program } = daemon;
    await expect.poll(() => program.stdout + program.stderr, { timeout: 30_000 }).toMatch(/control socket/);
    return daemon;
  }

  ask<T>(asked: (greylist: RemoteGreylist) => Promise<T>): Promise<T> {
    return using(new RemoteGreylist(this.control, { timeout: 60 }), asked);
  }

  /** What it holds, as `list` has it, but for the counters, which are each host's own. */
  async list(): Promise<readonly string[]> {
    const { out } = await spamdSync(['list', '--control', this.control]);
    return out
      .split('\n')
      .map((line) => (/^(GREY|WHITE)/.test(line) ? line.replace(/\|\d+\|\d+$/, '') : line))
      .sort();
  }

  async why(ip: string): Promise<string> {
    return (await spamdSync(['why', ip, '--control', this.control])).out;
  }

  async peers(): Promise<readonly ExchangePeer[]> {
    const rows = objects(await spamdSync(['peers', '--json', '--control', this.control]));
    return rows.filter((row) => 'exchange' in row).map(({ exchange }) => exchange);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }
}

async function using<T>(greylist: RemoteGreylist, asked: (greylist: RemoteGreylist) => Promise<T>): Promise<T> {
  await using one = greylist;
  return await asked(one);
}

function keyOf({ name }: LabHost): string {
  return join(directory, `${name}.key`);
}

function give(host: LabHost, secret: string): void {
  writeFileSync(keyOf(host), secret, { mode: 0o600 });
}

function* records(): Generator<SpamdbRecord, void> {
  const now = Math.floor(Date.now() / 1000);
  for (let at = 0; at < RECORDS; at++) {
    const ip = `198.18.${at >> 8}.${at & 255}`;
    if (at % 3 === 0) yield { type: 'TRAPPED', ip, expires: now + 86_400 };
    else if (at % 3 === 1) {
      yield { type: 'WHITE', ip, first: now - 9000, pass: now - 7000, expires: now + 3e6, blocked: 1, passed: 2 };
    } else {
      const tuple = { helo: 'mx.example.org', from: '<a@example.org>', to: `<b${at}@example.net>` };
      yield {
        type: 'GREY',
        ip,
        ...tuple,
        first: now - 9,
        pass: now + 14_391,
        expires: now + 14_391,
        blocked: 1,
        passed: 0,
      };
    }
  }
}

function tc(host: LabHost, ...args: readonly string[]): void {
  execFileSync('tc', ['-n', host.namespace, 'qdisc', ...args, 'dev', INTERFACE, 'root', ...rate(args)]);
}

/** Slow enough that a join is seen to be under way. */
function rate([verb]: readonly string[]): readonly string[] {
  return verb === 'add' ? ['tbf', 'rate', '1mbit', 'burst', '32kbit', 'latency', '2s'] : [];
}

describe('two daemons that exchange state', () => {
  test(
    'a new one gets all that the other holds, over kill -9, then what changes there, by IPv6, and while the key is changed',
    async () => {
      const [mx1, mx2] = [lab.host(0), lab.host(1)];
      for (const host of [mx1, mx2]) give(host, SECRET);
      await using one = await Daemon.ready(mx1, '--exchange', '0.0.0.0:8027');
      await one.ask((greylist) => greylist.import(records()));
      const all = await one.list();
      expect(all).toHaveLength(RECORDS + 1);

      tc(mx1, 'add');
      const names = ['--exchange-with', mx1.name];
      const killed = await Daemon.ready(mx2, ...names);
      await expect.poll(async () => (await killed.peers())[0]?.recordsReceived ?? 0).toBeGreaterThan(1000);
      expect(await killed.peers()).toMatchObject([{ name: mx1.name, outcome: 'asking', joined: false }]);
      const shown = await spamdSync(['peers', '--control', killed.control]);
      expect(shown.out).toMatch(/^exchange of state: joining, \d+ records so far$/m);
      killed.program.signal('SIGKILL');
      await killed.program.ended;
      expect(killed.program.stdout).not.toContain('exchange: joined');
      tc(mx1, 'del');

      let two = await Daemon.ready(mx2, ...names);
      try {
        await expect
          .poll(() => two.program.stdout, { timeout: 30_000 })
          .toMatch(/exchange: joined, \d+ records of 10\.99\.0\.1\n/);
        expect(await two.list()).toEqual(all);
        const [{ recordsReceived, joined } = {}] = await two.peers();
        expect(joined).toBe(true);
        // What had come before the kill is not asked for again.
        expect(recordsReceived).toBeGreaterThan(0);
        expect(recordsReceived).toBeLessThan(RECORDS - 500);

        // Each way, a round later.
        await one.ask((greylist) => greylist.trap('192.0.2.1'));
        await two.ask((greylist) => greylist.allow('192.0.2.2'));
        await expect.poll(() => two.why('192.0.2.1')).toMatch(/is trapped/);
        await expect.poll(() => one.why('192.0.2.2')).toMatch(/is white/);

        const tuple = { ip: '2001:db8::7', helo: 'mx', from: '<a@example.org>', to: '<b@example.net>' };
        await one.ask((greylist) => greylist.check(tuple));
        await expect.poll(async () => (await two.list()).join('\n')).toMatch(/^GREY\|2001:db8::\/64\|/m);

        // The key is changed on one after the other, and what changes meanwhile goes on.
        for (const [at, [host, daemon]] of (
          [
            [mx1, one],
            [mx2, two],
          ] as const
        ).entries()) {
          give(host, NEXT);
          daemon.program.signal('SIGHUP');
          await expect
            .poll(() => daemon.program.stdout)
            .toContain(`SIGHUP: read again; signs with key ${fingerprint(NEXT)}`);
          await daemon.ask((greylist) => greylist.trap(`192.0.2.${10 + at}`));
          const other = daemon === one ? two : one;
          await expect.poll(() => other.why(`192.0.2.${10 + at}`)).toMatch(/is trapped/);
        }
        expect(await one.peers()).toMatchObject([{ keyIndex: 1, fingerprint: fingerprint(SECRET) }]);
        await two[Symbol.asyncDispose]();
        await one.ask((greylist) => greylist.trap('192.0.2.20'));
        two = await Daemon.ready(mx2, ...names);
        await expect.poll(() => two.why('192.0.2.20')).toMatch(/is trapped/);
        expect(await one.peers()).toMatchObject([
          { keyIndex: 0, fingerprint: fingerprint(NEXT), address: '10.99.0.2' },
        ]);
        expect([one.program.stderr, two.program.stderr]).toEqual(['', '']);
        for (const { program } of [one, two]) expect(program.stdout).not.toContain('warning');
      } finally {
        await two[Symbol.asyncDispose]();
      }
    },
    TIMEOUT,
  );

  test(
    'one with another key is refused, counted, and named in the log, in peers and by the doctor, on both hosts',
    async () => {
      const [mx1, mx3] = [lab.host(0), lab.host(2)];
      give(mx1, SECRET);
      give(mx3, OTHER);
      await using one = await Daemon.ready(mx1, '--exchange', '0.0.0.0', '--http', '127.0.0.1:8026');
      await using stranger = await Daemon.ready(mx3, '--exchange-with', mx1.name);
      const key = fingerprint(OTHER);
      await expect
        .poll(() => one.program.stdout, { timeout: 30_000 })
        .toContain(`warning: WARN_SPAMD_EXCHANGE: 10.99.0.3 is refused: it has another key, ${key} it says\n`);
      expect(stranger.program.stdout).toContain(
        `warning: WARN_SPAMD_EXCHANGE: no connection to ${mx1.name}: it has another key\n`,
      );
      expect(await stranger.peers()).toMatchObject([{ name: mx1.name, state: 'other-key', joined: false }]);
      const [refusal] = await one.peers();
      expect(refusal).toMatchObject({ state: 'refused', address: '10.99.0.3', why: 'other-key', fingerprint: key });
      const text = (await spamdSync(['peers', '--control', one.control])).out;
      expect(text).toMatch(
        new RegExp(`^refused 10\\.99\\.0\\.3: another key \\(${key}, it says\\), \\d+ times, the last `, 'm'),
      );
      const counted = mx1.run('curl', '-s', 'http://127.0.0.1:8026/metrics');
      expect(counted).toMatch(/^spamd_sync_exchange_failures_total\{what="unauthenticated"\} ([3-9]|\d\d)$/m);
      expect(counted).toMatch(/^spamd_sync_exchange_peers 0$/m);
      const { exit, findings } = await doctor(mx3, '--exchange-with', mx1.name);
      expect(findings).toEqual([`wrong-key bad exchange with ${mx1.name}, TCP port 8027: it has another key`]);
      expect(exit).toBe(1);
    },
    TIMEOUT,
  );
});

async function doctor(
  host: LabHost,
  ...more: readonly string[]
): Promise<{ exit: number | string; findings: string[] }> {
  const args = ['doctor', '-Y', lab.host(0).name, '-K', keyOf(host), '--json', ...more];
  await using program = new Program([...COMMAND, ...args], host.inside);
  const exit = await program.ended;
  expect(program.stderr).toBe('');
  const found = program.stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  const about = found.filter(({ message }) => /exchange|TCP/.test(message));
  for (const { severity, remedy } of about) if (severity !== 'ok') expect(remedy).toEqual(expect.any(String));
  return { exit, findings: about.map(({ check, severity, message }) => `${check} ${severity} ${message}`) };
}

describe('the doctor', () => {
  test(
    'tells a firewall that drops the exchange from a host where nothing listens, and finds what is in order',
    async () => {
      const [mx1, mx2] = [lab.host(0), lab.host(1)];
      for (const host of [mx1, mx2]) give(host, SECRET);
      const look = () => doctor(mx2, '--exchange', '0.0.0.0', '--exchange-with', mx1.name);
      const port = 'exchange-port ok TCP 0.0.0.0 can be listened on';
      const about = `exchange with ${mx1.name}, TCP port 8027`;
      expect(await look()).toEqual({ exit: 1, findings: [port, `exchange bad ${about}: nothing listens there`] });
      await using _one = await Daemon.ready(mx1, '--exchange', '0.0.0.0');
      const { exit, findings } = await look();
      expect(findings).toEqual([
        port,
        expect.stringMatching(/^exchange ok .* \(10\.99\.0\.1\): answers by key \S+, its clock [+-]\d s$/),
      ]);
      expect(exit).toBe(0);
      mx1.run('nft', 'add', 'table', 'inet', 'f');
      mx1.run('nft', 'add', 'chain', 'inet', 'f', 'c', '{ type filter hook input priority 0; }');
      mx1.run('nft', 'add', 'rule', 'inet', 'f', 'c', 'tcp', 'dport', '8027', 'drop');
      try {
        expect(await look()).toEqual({ exit: 1, findings: [port, `exchange bad ${about}: no answer`] });
      } finally {
        mx1.run('nft', 'delete', 'table', 'inet', 'f');
      }
    },
    TIMEOUT,
  );
});
