import { Command } from 'commander';
import { systemClock, within } from '../clock.ts';
import { check } from './serve/check.ts';
import { Demonstration } from './serve/demonstration.ts';
import { addServeOptions, checkServeOptions, type ServeOptions } from './serve/options.ts';
import { type Closable, closeAll, openParts, type Parts, reloadParts } from './serve/parts.ts';
import { onReload } from './serve/reloads.ts';
import { ServiceManager } from './serve/service-manager.ts';
import { keepYoungHeapSmall } from './serve/young-heap.ts';
import { failureOf } from './terminal/failure.ts';
import { Interrupt } from './terminal/interrupt.ts';
import type { Io } from './terminal/io.ts';
import { type Log, logTo } from './terminal/log.ts';

export function serveCommand(io: Io): Command {
  const command = new Command('serve').description(
    'runs the daemon: keeps the greylist in step with the group, and answers programs on its control socket',
  );
  return addServeOptions(command)
    .addHelpText(
      'after',
      `
The daemon runs until SIGTERM or SIGINT. It then answers the open requests, writes what is not written yet, and ends
with 0. At SIGHUP it reads the key files, the spamtraps and the files of the policy again.

Examples:
  spamd-sync serve -y em0 -Y em0 -Y mx2.example.org --http 8026
  spamd-sync serve -y em0 -Y em0 --check`,
    )
    .action(async (options: ServeOptions) => {
      checkServeOptions(options);
      await (options.check ? check(io, options) : serve(io, options));
    });
}

async function serve(io: Io, given: ServeOptions): Promise<void> {
  keepYoungHeapSmall();
  const log = logTo(io.stdout);
  const manager = new ServiceManager(process.env, systemClock, log);
  const open: Closable[] = [];
  io.isServing = true;
  using interrupt = new Interrupt();
  const stop = interrupt.signal;
  stop.addEventListener('abort', () => log(`${stop.reason.message}: stopping`));
  const ended = new Promise<void>((resolve, reject) => {
    stop.addEventListener('abort', () => resolve());
    io.stdout.once('error', (cause) => reject(new Error(`cannot print: ${cause.message}`, { cause })));
  });
  ended.catch(() => {});
  // Listens from the start: without a listener SIGHUP ends the process.
  const reloads = onReload();
  open.push(reloads);
  try {
    const demonstration = given.demo ? await Demonstration.open(log) : undefined;
    if (demonstration !== undefined) open.push(demonstration);
    const options = demonstration?.options(given) ?? given;
    const parts = await openParts(options, open, log, stop);
    log(parts.words);
    await demonstration?.begin(parts.greylist);
    await manager.ready(parts.words);
    reloads.begin(() => reload(options, parts, manager, log));
    await Promise.race([ended, parts.failed]);
  } catch (error) {
    // A signal came during the start, and what the start waited for was given up.
    if (!stop.aborted) throw error;
  } finally {
    const late = (): Error => new Error(`not stopped in ${given.stopTimeout} s`);
    const stopping = Promise.all([manager.stopping(), closeAll(open)]);
    await within(systemClock, stopping, given.stopTimeout, late);
  }
  log('stopped');
}

/** Reads the files again. An error in a file is logged, and the daemon goes on with what it had. */
async function reload(options: ServeOptions, parts: Parts, manager: ServiceManager, log: Log): Promise<void> {
  await manager.reloading();
  try {
    await reloadParts(options, parts);
    log(`SIGHUP: read again; ${parts.keys.words}`);
    for (const warning of parts.keys.warnings) log(`warning: ${warning}`);
  } catch (error) {
    log(`SIGHUP: nothing is changed: ${failureOf(error).line}`);
  }
  await manager.ready(parts.words);
}
