import type { Facts } from './interfaces.ts';
import type { InterfaceState } from './transport.ts';

/** How an interface or address that is watched has changed. */
export type Change = 'gone' | 'back' | 're-created' | 're-addressed';

/** An interface or an address that the socket depends on, and its state at the last check. */
export class Watched {
  readonly name: string;
  readonly #look: (preferred: string | undefined) => Facts;
  #facts: Facts;
  #changes = 0;

  /** @param look Returns the present state each time. It is given the address in use. */
  constructor(name: string, look: (preferred: string | undefined) => Facts) {
    this.name = name;
    this.#look = look;
    this.#facts = look(undefined);
  }

  /** The address in use; `undefined` while it is gone. */
  get address(): string | undefined {
    return this.#facts.address;
  }

  get state(): InterfaceState {
    const { address, detail } = this.#facts;
    return { name: this.name, address, detail, changes: this.#changes };
  }

  /** Checks the state again, keeps it, and returns what has changed. */
  look(): Change | undefined {
    const before = this.#facts;
    this.#facts = this.#look(before.address);
    return changeBetween(before, this.#facts);
  }

  /** Marks it as gone: it cannot be used, though it may seem to be there. */
  lose(detail: string): void {
    this.#facts = { address: undefined, identity: '', detail };
  }

  countChange(): void {
    this.#changes++;
  }
}

function changeBetween(before: Facts, now: Facts): Change | undefined {
  if (now.address === undefined) return before.address === undefined ? undefined : 'gone';
  if (before.address === undefined) return 'back';
  if (now.address !== before.address) return 're-addressed';
  return now.identity === before.identity ? undefined : 're-created';
}
