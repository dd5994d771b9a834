import { SpamtrapSet } from '../store/spamtrap-set.ts';
import type { Operation } from './database.ts';
import type { Source, Writer } from './writer.ts';

export const TRAP_PREFIX = 's';
const NOTHING = new Uint8Array();

/** The spamtraps. All of them are in memory, since they are few and every attempt asks for them. */
export class TrapTable implements Source {
  readonly #all: SpamtrapSet;
  readonly #writer: () => Writer;
  #changed = new Set<string>();
  #writing = new Set<string>();

  constructor(all: Iterable<string>, writer: () => Writer) {
    this.#all = new SpamtrapSet(all);
    this.#writer = writer;
  }

  get count(): number {
    return this.#all.size;
  }

  has(address: string): boolean {
    return this.#all.has(address);
  }

  add(address: string): void {
    if (this.#all.add(address)) this.#change(address);
  }

  delete(address: string): boolean {
    const was = this.#all.delete(address);
    if (was) this.#change(address);
    return was;
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#all.list().sort().values();
  }

  begin(): Operation[] {
    this.#writing = this.#changed;
    this.#changed = new Set();
    return Array.from(this.#writing, (address): Operation => {
      const key = TRAP_PREFIX + address;
      return this.#all.has(address) ? { type: 'put', key, value: NOTHING } : { type: 'del', key };
    });
  }

  end(written: boolean): void {
    if (!written) this.#changed = new Set([...this.#writing, ...this.#changed]);
    this.#writing = new Set();
  }

  #change(address: string): void {
    this.#changed.add(address);
    this.#writer().changed(address.length);
  }
}
