/**
 * A long list of exempt networks: `node --import tsx test/attack/exempt.ts [lines ...]`. Prints for each number of lines how
 * much CPU time the list takes to read, what it holds, and what a look-up of an address costs that was not looked up before.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { formatIPv4 } from '../../src/address.ts';
import { Exemptions } from '../../src/greylist/exempt.ts';

setFlagsFromString('--expose_gc');
const collectGarbage: () => void = runInNewContext('gc');

/** No look-ups go on for longer, however slow they are. */
const LIMIT_MS = 3000;
const LOOKUPS = 500_000;

/** CPU time of this process, milliseconds: what else the machine does does not count. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Spread over all of the address space, each once. */
function spread(at: number): number {
  return Math.imul(at, 2_654_435_761) >>> 0;
}

function ipv6(at: number, salt: number): string {
  const high = spread(at + salt);
  return `2001:db8:${(high >>> 16).toString(16)}:${(high & 0xffff).toString(16)}::${((at & 0xfff) + 1).toString(16)}`;
}

const FAMILIES = {
  IPv4: { line: (at: number) => formatIPv4(spread(at)), asked: (at: number) => formatIPv4(spread(at + 0x4000_0000)) },
  IPv6: { line: (at: number) => ipv6(at, 0), asked: (at: number) => ipv6(at, 0x4000_0000) },
};

async function held(): Promise<number> {
  for (let again = 0; again < 3; again++) {
    collectGarbage();
    await sleep(50);
  }
  const { heapUsed, arrayBuffers, external } = process.memoryUsage();
  return heapUsed + Math.max(arrayBuffers, external);
}

const folder = mkdtempSync(join(tmpdir(), 'spamd-sync-exempt-'));
try {
  const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1000, 100_000, 1_000_000];
  for (const [family, { line, asked }] of Object.entries(FAMILIES)) {
    for (const lines of sizes) {
      const path = join(folder, 'nospamd');
      writeFileSync(path, Array.from({ length: lines }, (_, at) => `${line(at)}\n`).join(''));
      const before = await held();
      let started = cpuMs();
      const exempt = new Exemptions([path]);
      const readMs = cpuMs() - started;
      const bytes = (await held()) - before;
      const addresses = Array.from({ length: LOOKUPS }, (_, at) => asked(at));
      let found = 0;
      let done = 0;
      started = cpuMs();
      for (; done < LOOKUPS && (done % 100 > 0 || cpuMs() - started < LIMIT_MS); done++) {
        if (exempt.has(addresses[done] as string)) found++;
      }
      const each = ((cpuMs() - started) * 1e6) / done;
      console.log(
        `${family}, ${lines} lines: read in ${readMs.toFixed(0)} ms, ${(bytes / 2 ** 20).toFixed(1)} MiB held,`,
        `${each.toFixed(0)} ns an address (${done} asked, ${found} exempt)`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
