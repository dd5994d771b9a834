/** Runs blocks of the docs: those of a page one after the other, pages side by side. Each block is a thread of its own. */
import { fork } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';

const SURROUNDINGS = new URL('surroundings.mjs', `file://${process.cwd()}/`);
/** How long a block may go on once it has run, before it is interrupted, and then before it is stopped; milliseconds. */
const PATIENCE_MS = 1000;
/** How long a block may take to run; milliseconds. */
const LIMIT_MS = 30_000;

process.once('message', async ({ pages }) => {
  await Promise.all(
    pages.map(async (blocks) => {
      for (const block of blocks) process.send({ place: block.place, ...(await run(block)) });
    }),
  );
  process.disconnect();
});

async function run({ code, input, files, name, ...ports }) {
  for (const [path, text] of Object.entries(files)) await writeFile(path, text);
  const file = new URL(name, SURROUNDINGS);
  await writeFile(file, code);
  const data = { file: file.href, ...ports };
  // The workers of a cluster are processes, so what starts them has to be one; a failed test shows in the exit status.
  return /from 'node:(cluster|test)'/.test(code) ? inProcess(data) : inThread(data, input);
}

function inThread(workerData, input) {
  return new Promise((resolve) => {
    // A thread whose standard input nobody reads would not end.
    const worker = new Worker(SURROUNDINGS, { workerData, stdin: input !== '' });
    worker.stdin?.end(input);
    let output = '';
    let error;
    const stop = () => {
      error = `has not run within ${LIMIT_MS} ms`;
      worker.terminate();
    };
    const limit = setTimeout(stop, LIMIT_MS);
    const timers = [limit];
    worker.on('message', ({ printed, ran }) => {
      if (printed !== undefined) output += printed;
      if (!ran) return;
      clearTimeout(limit);
      timers.push(setTimeout(() => worker.postMessage('interrupt'), PATIENCE_MS));
      timers.push(setTimeout(() => worker.terminate(), 3 * PATIENCE_MS));
    });
    worker.on('error', (thrown) => {
      error = String(thrown?.stack ?? thrown);
    });
    worker.on('exit', () => {
      for (const timer of timers) clearTimeout(timer);
      resolve({ output, error });
    });
  });
}

function inProcess(data) {
  return new Promise((resolve) => {
    const env = { ...process.env, DOCS_BLOCK: JSON.stringify(data) };
    const child = fork(SURROUNDINGS, [], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.once('close', (status) => resolve({ output, error: status === 0 ? undefined : `exit status ${status}` }));
  });
}
