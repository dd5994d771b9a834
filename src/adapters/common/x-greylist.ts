/**
 * The value of the header field X-Greylist, which says that a message was delayed and for how long.
 *
 * @param waited Seconds from the first attempt to this one.
 * @param now Unix seconds.
 */
export function xGreylist(waited: number, now: number): string {
  const date = new Date(now * 1000).toUTCString().replace('GMT', '+0000');
  return `delayed ${waited} seconds by spamd-sync; ${date}`;
}
