/** An attempt to deliver, as the mail program saw it. */
export interface Attempt {
  /** The client's address, IPv4 or IPv6. */
  readonly ip: string;
  /** The argument of HELO or EHLO. */
  readonly helo: string;
  /** The envelope sender, with or without its brackets; `<>` or nothing for the null sender. */
  readonly from: string;
  /** The envelope recipient, with or without its brackets. */
  readonly to: string;
  /** The local address that the client connected to; needed for `lowPriorityMx`. */
  readonly connectedTo?: string;
}
