import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the young generation of V8's heap at its first size. By default each half of it grows to 16 MiB, and to 64 MiB
 * in Node 24. The records of a greylist survive its collection. A collection then stops the daemon for 5 to 20 ms at a
 * time. At the first size it takes less than 1 ms, with no more CPU time in all and less memory.
 */
export function keepYoungHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
