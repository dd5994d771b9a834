/** Stands in the place of a number if there is none. */
export const NONE = -1;

/** An array of twice the length. The new half is 0: the system allocates it only where it is written to. */
export function doubled(numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const more = new Int32Array(numbers.length * 2);
  more.set(numbers);
  return more;
}
