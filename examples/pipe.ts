/**
 * Ends the program without a word when whoever reads what it prints has seen enough, as head(1) has after ten lines. A
 * disk that is full is said in one line.
 *
 * @param name Of the program.
 */
export function endOnClosedPipe(name: string): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      console.error(`${name}: cannot print: ${error.message}`);
      process.exit(1);
    }
    process.exit();
  });
  process.stderr.on('error', () => process.exit());
}
