import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Entry } from 'spamd-sync';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { INTERFACE, Lab, type LabHost } from './lab.ts';
import { Program } from './program.ts';

const COMMAND = [process.execPath, '--import', 'tsx', 'src/cli/main.ts'];
const KEY = 'secret\n';
/** The interfaces of the second group. */
const OTHER = 'em1';
const NOW = Math.floor(Date.now() / 1000);

let directory: string;
let lab: Lab;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spamd-sync-bridge-'));
  writeFileSync(join(directory, 'key'), KEY, { mode: 0o600 });
  lab = new Lab(inject('labPrefix'), 3);
  wire(lab.host(0), lab.host(2));
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

/** A second network, between two hosts. */
function wire(one: LabHost, other: LabHost): void {
  const peer = ['peer', 'name', OTHER, 'netns', other.namespace];
  execFileSync('ip', ['link', 'add', OTHER, 'netns', one.namespace, 'type', 'veth', ...peer]);
  [one, other].forEach((host, at) => {
    host.ip('addr', 'add', `10.98.0.${at + 1}/24`, 'dev', OTHER);
    host.ip('link', 'set', OTHER, 'up');
  });
}

/** Ten thousand entries of a group, a tenth of them tuples. */
function entriesOf(net: number): Entry[] {
  return Array.from({ length: 10_000 }, (_, at): Entry => {
    const ip = `198.${net}.${at >> 8}.${at & 255}`;
    if (at % 10 !== 0) return { type: 'trapped', ip, timestamp: NOW - 500, expires: NOW + 3600 };
    const strings = { helo: `mx${at}.example.org`, from: `<User@Example.org>`, to: '<b@example.net>' };
    return { type: 'grey', ip, ...strings, timestamp: NOW };
  });
}

/** What is received of a group, by address, and how often. */
function received(entries: readonly Entry[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const entry of entries) {
    if (entry.type === 'white' && entry.expires === 0) continue;
    counts.set(entry.ip, (counts.get(entry.ip) ?? 0) + 1);
  }
  return counts;
}

test('a bridge passes ten thousand entries each way, each once, in the dialect of the other group', async () => {
  const key = join(directory, 'key');
  const sides = ['--a-listen', INTERFACE, '--a-target', INTERFACE, '--b-listen', OTHER, '--b-target', OTHER];
  const args = ['bridge', '--a-key', key, ...sides, '--b-dialect', 'greyd', '--json'];
  await using bridge = new Program([...COMMAND, ...args], lab.host(0).inside);
  await expect.poll(() => bridge.stderr, { timeout: 60_000 }).toMatch(/^\S+Z bridging\n$/);
  const batch = { bulkRate: 100 };
  const a = await lab.host(1).open({ key: KEY, listen: INTERFACE, targets: [INTERFACE], batch });
  const b = await lab.host(2).open({ key: KEY, listen: OTHER, targets: [{ host: OTHER, dialect: 'greyd' }], batch });

  await Promise.all([a.announce(...entriesOf(18)), b.announce(...entriesOf(19))]);

  const size = (entries: readonly Entry[]) => received(entries).size;
  await expect.poll(() => [size(a.entries), size(b.entries)], { timeout: 60_000 }).toEqual([10_000, 10_000]);
  // Time for an entry that goes round to come by again.
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (const [net, { entries }] of [
    [19, a],
    [18, b],
  ] as const) {
    const counts = received(entries);
    expect([...new Set(counts.values())]).toEqual([1]);
    expect([...counts.keys()].every((ip) => ip.startsWith(`198.${net}.`))).toBe(true);
  }
  expect(a.entries.find(({ type }) => type === 'grey')).toMatchObject({ from: '<user@example.org>' });
  expect(b.entries.find(({ type }) => type === 'grey')).toMatchObject({ from: 'user@example.org' });
  bridge.signal('SIGINT');
  expect(await bridge.ended).toBe(0);
  expect(JSON.parse(bridge.stdout)).toEqual({ fromA: 10_000, fromB: 10_000, failed: 0 });
  expect(bridge.stderr).toMatch(/^\S+Z bridging\n$/);
}, 150_000);
