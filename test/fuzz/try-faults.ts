/** Plants each fault and says when the loop finds it: `node --import tsx test/fuzz/try-faults.ts [--seconds N] [--seed N]`. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FAULTS } from './faults.ts';

const { values: options } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
});
const run = fileURLToPath(new URL('./run.ts', import.meta.url));
let missed = 0;
for (const [fault, { target }] of Object.entries(FAULTS)) {
  const { seconds, seed } = options;
  const args = ['--target', target, '--fault', fault, '--fresh', '--seconds', seconds, '--seed', seed];
  const { stderr } = spawnSync(process.execPath, ['--import', 'tsx', run, ...args], { encoding: 'utf8' });
  const found = /^FINDING: .* run (\d+), after ([\d.]+) s$/m.exec(stderr);
  if (found === null) missed++;
  const result = found === null ? `not found in ${seconds} s` : `found in ${found[2]} s, run ${found[1]}`;
  console.log(`${target.padEnd(12)} ${fault.padEnd(24)} ${result}`);
}
process.exitCode = missed === 0 ? 0 : 1;
