import { sleep, systemClock, within } from '../../clock.ts';
import { MemoryStore, SpamdSyncError } from '../../index.ts';
import { LevelStore } from '../../level/index.ts';
import { RedisStore } from '../../redis/index.ts';
import type { Store } from '../../store/index.ts';
import { UsageError } from '../terminal/failure.ts';

/** The store that `--store` names. */
export type StorePlace =
  | { readonly kind: 'memory' }
  | { readonly kind: 'level'; readonly directory: string }
  | { readonly kind: 'redis'; readonly url: string };

/** An open store, and how to close it. */
export interface OpenStore {
  readonly store: Store;
  close(): Promise<void>;
}

/** How long to wait for the daemon before this one to release the directory, seconds. */
const LOCK_PATIENCE = 10;
/** How long Redis may take to answer at the start, seconds. */
const CONNECT_PATIENCE = 5;
/** How often at most a failing connection to Redis is logged, seconds. */
const ERROR_INTERVAL = 60;

/** @throws {UsageError} For a text that does not name a store. */
export function storePlace(text: string): StorePlace {
  if (text === 'memory') return { kind: 'memory' };
  const [, directory] = /^level:(.+)$/.exec(text) ?? [];
  if (directory !== undefined) return { kind: 'level', directory };
  const [, url] = /^(?:redis:)?(rediss?:\/\/.+)$/.exec(text) ?? [];
  if (url !== undefined && URL.canParse(url)) return { kind: 'redis', url };
  throw new UsageError(`--store: not memory, level:DIRECTORY or redis:URL: ${withoutPassword(text)}`);
}

/** A store in words, without the password that a URL may have. */
export function storeWords(place: StorePlace): string {
  if (place.kind === 'memory') return 'memory';
  return place.kind === 'level' ? `level:${place.directory}` : withoutPassword(place.url);
}

/** @param stop Ends the waiting when it is aborted. */
export async function openStore(place: StorePlace, log: (line: string) => void, stop: AbortSignal): Promise<OpenStore> {
  if (place.kind === 'redis') return openRedis(place, log);
  const store = place.kind === 'memory' ? new MemoryStore() : await openLevel(place.directory, log, stop);
  return { store, close: async () => store.close() };
}

async function openLevel(directory: string, log: (line: string) => void, stop: AbortSignal): Promise<Store> {
  const begin = systemClock.monotonic();
  for (let tries = 0; ; tries++) {
    try {
      return await LevelStore.open(directory);
    } catch (error) {
      const locked = error instanceof SpamdSyncError && error.code === 'ERR_SPAMD_STORE_LOCKED';
      if (!locked || systemClock.monotonic() - begin > LOCK_PATIENCE) throw error;
      if (tries === 0) log(`another process has ${directory}; waiting ${LOCK_PATIENCE} s for it to end`);
      await sleep(systemClock, 0.2, stop);
      stop.throwIfAborted();
    }
  }
}

/** Opens a store with one client. The client connects again by itself after the server was away. */
async function openRedis(place: StorePlace & { kind: 'redis' }, log: (line: string) => void): Promise<OpenStore> {
  const { Redis } = await import('./redis-client.ts');
  const words = storeWords(place);
  const client = new Redis(place.url, { lazyConnect: true, maxRetriesPerRequest: 1 });
  let logged = Number.NEGATIVE_INFINITY;
  let last: Error | undefined;
  let isOpen = false;
  client.on('error', (error: Error) => {
    last = error;
    const now = systemClock.monotonic();
    if (!isOpen || now - logged < ERROR_INTERVAL) return;
    logged = now;
    log(`warning: ${words}: ${error.message}`);
  });
  try {
    const late = (): Error => new Error('no answer');
    await within(systemClock, client.connect(), CONNECT_PATIENCE, late);
    await within(systemClock, client.ping(), CONNECT_PATIENCE, late);
    isOpen = true;
    const store = new RedisStore(client);
    store.on('warning', ({ code, message }) => log(`warning: ${code}: ${message}`));
    return {
      store,
      close: async () => {
        try {
          await store.close();
        } finally {
          client.disconnect();
        }
      },
    };
  } catch (error) {
    client.disconnect();
    const cause = last ?? error;
    throw new Error(`${words}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function withoutPassword(text: string): string {
  return text.replace(/^redis:(?=rediss?:)/, '').replace(/(:\/\/)[^/@]*@/, '$1…@');
}
