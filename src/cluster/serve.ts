import cluster, { type Worker } from 'node:cluster';
import { SpamdSyncError } from '../errors.ts';
import type { Attempt } from '../greylist/input.ts';
import { checkMethods } from '../validate.ts';
import { type Answer, type Ask, isAsk, METHODS, plainError, plainVerdict, type Served } from './protocol.ts';

/** A greylist that workers ask. */
export interface Serving extends Disposable {
  /** Answers no more. The greylist is left as it is. */
  close(): void;
}

/**
 * Lets the workers of this Node cluster ask a greylist that the primary owns, with its peer and its store.
 *
 * @example
 * const serving = serveGreylist(new Greylist({ store, group: peer }));
 * cluster.fork();
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` anywhere but in the primary, and for what is no greylist.
 */
export function serveGreylist(greylist: Served): Serving {
  if (!cluster.isPrimary) throw new SpamdSyncError('ERR_SPAMD_OPTION', 'serveGreylist: only the primary can serve one');
  checkMethods('greylist', greylist, METHODS);
  const receive = (worker: Worker, message: unknown): void => {
    if (isAsk(message)) void answer(greylist, message).then((answered) => send(worker, answered));
  };
  cluster.on('message', receive);
  const close = (): void => void cluster.off('message', receive);
  return { close, [Symbol.dispose]: close };
}

async function answer(greylist: Served, { id, method, args }: Ask): Promise<Answer> {
  try {
    return { spamdSync: 'answer', id, value: await answerTo(greylist, method, args) };
  } catch (error) {
    return { spamdSync: 'answer', id, error: plainError(error) };
  }
}

/** What is wrong with the arguments the greylist says itself. */
async function answerTo(greylist: Served, method: Ask['method'], [first, second]: Ask['args']): Promise<unknown> {
  if (method === 'check') return plainVerdict(await greylist.check(first as Attempt));
  if (method === 'forget') return greylist.forget(first as string);
  return greylist[method](first as string, (second ?? {}) as { expires?: number });
}

/** A worker that has died meanwhile waits for nothing. */
function send(worker: Worker, message: Answer): void {
  if (worker.isConnected()) worker.send(message, () => {});
}
