/**
 * Reads files again at SIGHUP, once `begin` was called. A SIGHUP before that counts too. Several at once count as one.
 */
export interface Reloads {
  /** @param reload Never rejects. */
  begin(reload: () => Promise<void>): void;
  close(): void;
}

export function onReload(): Reloads {
  let reload: (() => Promise<void>) | undefined;
  let isWanted = false;
  let isRunning = false;
  const run = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    while (isWanted && reload !== undefined) {
      isWanted = false;
      await reload();
    }
    isRunning = false;
  };
  const wanted = (): void => {
    isWanted = true;
    void run();
  };
  process.on('SIGHUP', wanted);
  return {
    begin: (how) => {
      reload = how;
      void run();
    },
    close: () => void process.off('SIGHUP', wanted),
  };
}
