import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import type { StoreRecord } from 'spamd-sync/store';
import { afterEach, beforeEach } from 'vitest';
import { keyOf, tuple } from '../support/records.ts';

/** Where a test keeps its store, and what else it needs. */
export interface Place {
  /** There already, and removed with all that is in it. */
  readonly top: string;
  /** In that, and not there yet. */
  readonly directory: string;
}

/** Makes a place for each test of a file. */
export function placeOfEach(): Place {
  const place = { top: '', directory: '' };
  beforeEach(async () => {
    place.top = await mkdtemp(join(tmpdir(), 'spamd-sync-'));
    place.directory = join(place.top, 'store');
  });
  afterEach(() => rm(place.top, { recursive: true }));
  return place;
}

/** Works a directory by LevelDB alone. */
export async function withLevel<T>(
  directory: string,
  task: (level: ClassicLevel<string, Buffer>) => Promise<T>,
): Promise<T> {
  const level = new ClassicLevel<string, Buffer>(directory, { valueEncoding: 'buffer' });
  try {
    await level.open();
    return await task(level);
  } finally {
    await level.close();
  }
}

/** A directory as a process would leave it that is killed now. */
export function copyOf(directory: string, copy: string): Promise<void> {
  return cp(directory, copy, { recursive: true, filter: (path) => !path.endsWith('LOCK') });
}

/** Flips one bit of a file. */
export async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes.at(at) as number) ^ 16;
  await writeFile(path, bytes);
}

/** So many tuples, each of another client. */
export function tuples(count: number, members: Parameters<typeof tuple>[0] = {}): StoreRecord[] {
  return Array.from({ length: count }, (_, i) => ({ type: 'tuple', key: keyOf(clientAt(i)), record: tuple(members) }));
}

export function clientAt(i: number): string {
  return `10.0.${i >>> 8}.${i & 255}`;
}
