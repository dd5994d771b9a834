/** The longest line, bytes. The rest of a longer line is dropped. */
const MAX_LINE = 8192;
const LF = 0x0a;

/** The lines of a text, as Latin-1. Chunks may begin and end anywhere. Text without a line end is not a line yet. */
export async function* textLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  let held = '';
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, at)) {
      yield held + bytes.toString('latin1', at, Math.min(end, at + MAX_LINE - held.length));
      held = '';
      at = end + 1;
    }
    held += bytes.toString('latin1', at, Math.min(bytes.length, at + MAX_LINE - held.length));
  }
}
