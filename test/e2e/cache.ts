import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where what is large to fetch is kept from one run to the next. */
export function cacheDirectory(name: string): string {
  const directory = join(tmpdir(), 'spamd-sync-e2e', name);
  mkdirSync(directory, { recursive: true });
  return directory;
}
