/**
 * The thread that watches the loop: an input that takes too long or too much memory cannot be reported by the thread
 * that it holds up. Plain JavaScript, since a thread has no loader of TypeScript.
 */
import { writeFileSync, writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

/** `state` is how many runs there were, and how long the input of this one is. */
const { state, input, name, patience, maxMemory, file, replay } = workerData;

const start = Date.now();
let last = -1;
let since = start;

setInterval(() => {
  const runs = Atomics.load(state, 0);
  if (runs !== last) {
    last = runs;
    since = Date.now();
  }
  const memory = process.memoryUsage.rss();
  if (Date.now() - since > patience * 1000) report(`it took over ${patience} s`);
  else if (memory > maxMemory) report(`the process has ${Math.round(memory / 2 ** 20)} MiB`);
}, 250);

function report(why) {
  const bytes = Buffer.from(input.slice(0, Atomics.load(state, 1)));
  writeFileSync(file, bytes);
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  writeSync(2, `FINDING: ${name}, run ${Atomics.load(state, 0)}, after ${seconds} s\n${why}\n`);
  writeSync(2, `  input   ${file} (${bytes.length} bytes)\n  replay  ${replay}\n`);
  // A signal that can be handled waits for the thread that is held up.
  process.kill(process.pid, 'SIGKILL');
}
