/** A list of short hashes that grows as needed. Each takes two bytes. */
export class HashList {
  #numbers = new Uint16Array(16);
  length = 0;

  push(hash: number): void {
    if (this.length === this.#numbers.length) {
      const more = new Uint16Array(2 * this.length);
      more.set(this.#numbers);
      this.#numbers = more;
    }
    this.#numbers[this.length++] = hash;
  }

  get numbers(): Uint16Array {
    return this.#numbers.subarray(0, this.length);
  }
}
