import { createHash } from 'node:crypto';

/** A Lua script, and the digest by which Redis knows it. */
export interface Script {
  readonly text: string;
  readonly digest: string;
}

export function scriptOf(text: string): Script {
  return { text, digest: createHash('sha1').update(text).digest('hex') };
}
