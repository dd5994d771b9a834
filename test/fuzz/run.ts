/** The fuzz loop: `node --import tsx test/fuzz/run.ts --help`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { inspect, parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { Coverage } from './coverage.ts';
import { Finding, Loop, type Target } from './engine.ts';
import { FAULTS } from './faults.ts';

const HELP = `Usage: node --import tsx test/fuzz/run.ts [options]
  --target NAME     one target; default: each in turn
  --seconds N       how long, all targets together; default 60
  --runs N          how many inputs for each target, instead
  --seed N          what decides the mutations; default: the time
  --replay FILE     runs the bytes of a file against the target, once
  --fresh           begins without the corpus
  --save            writes the smallest inputs that reach everything to the corpus
  --fault NAME      plants a fault: ${Object.keys(FAULTS).join(', ')}`;

/** An input that takes longer is a finding, seconds; and so is one under which the process grows beyond this, bytes. */
const PATIENCE = 10;
const MAX_MEMORY = 2 ** 30;
const MAX_LENGTH = 2 ** 16;
const FINDINGS = 'fuzz-findings';

const { values: options } = parseArgs({
  options: {
    target: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    runs: { type: 'string' },
    seed: { type: 'string', default: `${Math.floor(Date.now() / 1000)}` },
    replay: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    fault: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit();
}

const coverage = new Coverage();
coverage.install();
const fault = options.fault === undefined ? undefined : FAULTS[options.fault];
if (options.fault !== undefined && fault === undefined) throw new Error(`there is no fault ${options.fault}`);
register('./instrument.ts', import.meta.url, { data: fault });
// Only now: what they import is instrumented.
const { TARGETS } = await import('./targets/index.ts');
const { corpusOf, saveCorpus } = await import('./corpus.ts');

const targets = TARGETS.filter(({ name }) => options.target === undefined || name === options.target);
if (targets.length === 0) throw new Error(`the targets are: ${TARGETS.map(({ name }) => name).join(', ')}`);
const seed = Number(options.seed);
const seconds = Number(options.seconds) / targets.length;
const runs = options.runs === undefined ? Number.POSITIVE_INFINITY : Number(options.runs);

// A stack for every refusal takes longer than all the rest; a replay shows them.
if (options.replay === undefined) Error.stackTraceLimit = 0;

let stray: unknown;
process.on('unhandledRejection', (error) => {
  stray = error ?? new Error('a rejection without an error that nobody handled');
});
process.on('uncaughtException', (error) => {
  stray = error;
});

console.log(`seed ${seed}`);
for (const target of targets) {
  if (!(await fuzz(target))) process.exit(1);
}
process.exit();

/** @returns Whether nothing was found. */
async function fuzz(target: Target): Promise<boolean> {
  mkdirSync(FINDINGS, { recursive: true });
  const file = `${FINDINGS}/${target.name}-${seed}`;
  const replay = `node --import tsx test/fuzz/run.ts --target ${target.name} --replay ${file}`;
  const state = new Int32Array(new SharedArrayBuffer(8));
  const shared = new Uint8Array(new SharedArrayBuffer(MAX_LENGTH));
  const limits = { patience: PATIENCE, maxMemory: MAX_MEMORY };
  const watched = { ...limits, state, input: shared, name: target.name, file, replay };
  const watchdog = new Worker(new URL('./watchdog.mjs', import.meta.url), { workerData: watched, execArgv: [] });
  const loop = new Loop(target, coverage, seed, {
    began: (input) => {
      shared.set(input);
      Atomics.store(state, 1, input.length);
      Atomics.add(state, 0, 1);
    },
    stray: () => {
      const error = stray;
      stray = undefined;
      return error;
    },
  });
  const start = performance.now();
  const took = (): number => (performance.now() - start) / 1000;
  try {
    if (options.replay !== undefined) await loop.replay([readFileSync(options.replay)]);
    else {
      await loop.replay([...target.seeds, ...(options.fresh ? [] : corpusOf(target.name))]);
      await loop.mutate(() => (Number.isFinite(runs) ? loop.runs >= runs : took() >= seconds));
      if (options.save) saveCorpus(target.name, loop.smallest());
    }
    report(target, loop, took());
    return true;
  } catch (error) {
    if (!(error instanceof Finding)) throw error;
    writeFileSync(file, error.input);
    console.error(`FINDING: ${target.name}, run ${loop.runs}, after ${took().toFixed(1)} s`);
    console.error(inspect(error.cause, { maxStringLength: 200, depth: 4 }));
    console.error(`  input   ${file} (${error.input.length} bytes)\n  replay  ${replay}`);
    return false;
  } finally {
    await watchdog.terminate();
  }
}

function report({ name }: Target, loop: Loop, seconds: number): void {
  const modules = [...coverage.reached(loop.isReached)];
  const points = modules.reduce((sum, [, module]) => sum + module.points, 0);
  const reached = modules.reduce((sum, [, module]) => sum + module.reached, 0);
  const each = Math.round(loop.runs / seconds);
  console.log(
    `${name.padEnd(12)} ${loop.runs} runs, ${each}/s; ${reached} of ${points} points in ${modules.length} files; ` +
      `corpus ${loop.corpus.length}; findings 0`,
  );
}
