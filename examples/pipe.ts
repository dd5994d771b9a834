/**
 * Ends the program without a message when whoever reads what it prints closes the pipe, as head(1) does after ten lines.
 * Any other error of printing, such as a full disk, is reported in one line.
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
