/** A worker of a cluster that follows the orders of the test over its greylist, and reports what came of them. */
import type { Attempt } from 'spamd-sync';
import { ClusterGreylist } from 'spamd-sync/cluster';

export type Order =
  | { readonly order: 'check'; readonly attempt: Attempt }
  | { readonly order: 'trap' | 'allow' | 'forget'; readonly ip: string; readonly expires?: number }
  | { readonly order: 'vanish'; readonly attempt: Attempt }
  | { readonly order: 'crowd'; readonly attempt: Attempt; readonly checks: number }
  | { readonly order: 'send'; readonly message: object };

/** `warnings`: the codes of those since the order before. */
export type Outcome =
  | { readonly ready: true }
  | { readonly value: unknown; readonly warnings: readonly string[] }
  | { readonly code: unknown; readonly message: string };

const { SPAMD_SYNC_TEST_TIMEOUT } = process.env;
const greylist = new ClusterGreylist({ timeout: Number(SPAMD_SYNC_TEST_TIMEOUT) });
const warnings: string[] = [];
greylist.on('warning', ({ code }) => warnings.push(code));

process.on('message', (message: object) => {
  if ('order' in message) void obey(message as Order).then(report, failed);
});
report({ ready: true });

async function obey(order: Order): Promise<Outcome> {
  switch (order.order) {
    case 'check': {
      const verdict = await greylist.check(order.attempt);
      const error = verdict.reason === 'error' ? verdict.error.message : undefined;
      return { value: { ...verdict, error }, warnings: warnings.splice(0) };
    }
    case 'vanish':
      void greylist.check(order.attempt);
      // The question is on its way when the worker is not there any more.
      return new Promise(() => setImmediate(() => process.exit(0)));
    case 'crowd': {
      const checks = Array.from({ length: order.checks }, () => greylist.check(order.attempt));
      const refused = (await Promise.all(checks)).flatMap((verdict) =>
        verdict.reason === 'error' ? [verdict.error] : [],
      );
      return { value: refused.map(({ message }) => message), warnings: warnings.splice(0) };
    }
    case 'send':
      process.send?.(order.message);
      return { value: 'sent', warnings: warnings.splice(0) };
    case 'forget':
      return { value: await greylist.forget(order.ip), warnings: warnings.splice(0) };
    default: {
      const { expires } = order;
      await greylist[order.order](order.ip, expires === undefined ? {} : { expires });
      return { value: 'done', warnings: warnings.splice(0) };
    }
  }
}

function failed(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  report({ code, message: error instanceof Error ? error.message : String(error) });
}

function report(outcome: Outcome): void {
  process.send?.(outcome);
}
