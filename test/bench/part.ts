/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly ours: string;
  /** What it is measured against; empty when it stands alone. */
  readonly against?: string;
  /** How many times better ours is, and what it ought to be at least. */
  readonly ratio?: number;
  readonly atLeast?: number;
  /** Whether something else than a ratio is as it should be. */
  readonly sound?: boolean;
}

/** One thing to measure. `run.ts` lists them. */
export interface Part {
  readonly name: string;
  /** What is measured, and what the two columns are. */
  readonly title: string;
  run(quick: boolean): Promise<Row[]>;
}

/** `undefined`: nothing is asked of this row. */
export function isMet({ ratio, atLeast, sound }: Row): boolean | undefined {
  return ratio !== undefined && atLeast !== undefined ? ratio >= atLeast : sound;
}
