/** The texts that an input is: UTF-8, each but the last with a byte 1 behind it. Bytes that are none are half characters. */
export function textsOf(input: Buffer): string[] {
  return input
    .toString('utf8')
    .split('\x01')
    .map((text) => text.replaceAll('\ufffd', '\ud83d'));
}
