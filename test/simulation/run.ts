/** `npm run simulate -- [--seed N] [--seeds COUNT] [--peers N] [--days N] [--events N] [--calm] [--trace]` */
import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    peers: { type: 'string', default: '50' },
    days: { type: 'string', default: '30' },
    events: { type: 'string', default: '20' },
    calm: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
  },
});
const first = whole(values.seed);
const count = whole(values.seeds);
const [peers, days, eventsADay] = [whole(values.peers), whole(values.days), whole(values.events)];

let failed = 0;
const began = performance.now();
for (let seed = first; seed < first + count; seed++) {
  const start = performance.now();
  const onHappening = values.trace ? (happening: object) => console.log(JSON.stringify(happening)) : undefined;
  const { digest, violations, violated, datagrams, network, totals } = await simulate({
    ...{ seed, peers, days, eventsADay, calm: values.calm },
    ...(onHappening && { onHappening }),
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`seed ${seed}: ${violated} violations, ${seconds} s, ${digest.slice(0, 16)}`);
  console.log(`  ${JSON.stringify({ datagrams, ...network, ...totals })}`);
  for (const violation of violations) console.log(`  ${violation}`);
  if (violated > 0) failed++;
}
console.log(`${count} seeds, ${failed} failed, ${((performance.now() - began) / 1000).toFixed(1)} s`);
if (failed > 0) process.exitCode = 1;

function whole(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  console.error(`not a whole number: ${text}`);
  process.exit(2);
}
