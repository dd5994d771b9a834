import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const MODULE = fileURLToPath(new URL('../../src/cli/serve/young-heap.ts', import.meta.url));

/** How large the young generation is after 64 MiB that survive, MiB. */
async function youngHeapAfter(prepare: string): Promise<number> {
  const program = `
    import { getHeapSpaceStatistics } from 'node:v8';
    import { keepYoungHeapSmall } from ${JSON.stringify(MODULE)};
    ${prepare}
    const kept = Array.from({ length: 500_000 }, (_, at) => ({ at, name: 'a' + at, more: [at] }));
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    console.log(kept.length === 500_000 && young.space_size / 2 ** 20);
  `;
  const run = ['--import', 'tsx', '--input-type=module', '--eval', program];
  return Number((await promisify(execFile)(process.execPath, run)).stdout);
}

describe("the young generation of the daemon's heap", () => {
  it('stays small, whatever survives it', async () => {
    expect(await youngHeapAfter('keepYoungHeapSmall();')).toBeLessThanOrEqual(8);
    expect(await youngHeapAfter('')).toBeGreaterThan(8);
  });
});
