/** `npm run bench -- [--quick] [--assert] [part ...]`: measures, and prints one table. */
import { cpus, release } from 'node:os';
import { parseArgs } from 'node:util';
import { codec } from './codec.ts';
import { flood } from './flood.ts';
import { greylist } from './greylist.ts';
import { level } from './level.ts';
import { isMet, type Part, type Row } from './part.ts';
import { policy } from './policy.ts';
import { receive } from './receive.ts';
import { redis } from './redis.ts';
import { snapshot } from './snapshot.ts';
import { socket } from './socket.ts';
import { spamd } from './spamd.ts';
import { spamdb } from './spamdb.ts';
import { sustained } from './sustained.ts';
import { table } from './table.ts';

const PARTS: readonly Part[] = [
  codec,
  receive,
  sustained,
  flood,
  greylist,
  spamdb,
  redis,
  level,
  snapshot,
  policy,
  socket,
  spamd,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, assert: { type: 'boolean', default: false } },
});

const names = PARTS.map(({ name }) => name);
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(', ')}; there are: ${names.join(', ')}`);
  process.exit(2);
}

const rows: Row[] = [];
for (const part of PARTS) {
  if (positionals.length > 0 && !positionals.includes(part.name)) continue;
  console.error(`measuring: ${part.title}`);
  rows.push({ what: `**${part.title}**`, ours: '' }, ...(await part.run(values.quick)));
}

const [first] = cpus();
console.log(
  `Node ${process.versions.node}, ${cpus().length} x ${first?.model.trim()}, ${process.platform} ${release()}\n`,
);
console.log(table(rows));

const missed = rows.filter((row) => isMet(row) === false);
if (missed.length > 0) console.log(`\nnot met: ${missed.map(({ what }) => what).join('; ')}`);
if (values.assert && missed.length > 0) process.exitCode = 1;
