import type { Outlet } from './outlet.ts';

/** How often names that failed are looked up again, milliseconds. */
const RETRY_MS = 30_000;
/** Every so many of those times all names are looked up again, to follow a host that moved: five minutes. */
const REFRESH_EVERY = 10;

/** Keeps the targets' names looked up, until its timer is cleared. Does not keep the process alive. */
export function lookUpAgain(outlets: readonly Outlet[]): NodeJS.Timeout {
  let round = 0;
  const again = () => {
    const all = ++round % REFRESH_EVERY === 0;
    for (const { link } of outlets) if (all || link.failing) void link.refresh();
  };
  return setInterval(again, RETRY_MS).unref();
}
