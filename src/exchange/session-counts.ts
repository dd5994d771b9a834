/** What went through a connection. */
export interface SessionCounts {
  /** Bytes that came in. */
  bytesIn: number;
  /** Bytes that went out. */
  bytesOut: number;
  /** Records sent. */
  recordsSent: number;
  /** Records received, refused ones included. */
  recordsReceived: number;
}

export function noCounts(): SessionCounts {
  return { bytesIn: 0, bytesOut: 0, recordsSent: 0, recordsReceived: 0 };
}

/** Adds what went through a connection. */
export function addCounts(sum: SessionCounts, counts: SessionCounts): void {
  sum.bytesIn += counts.bytesIn;
  sum.bytesOut += counts.bytesOut;
  sum.recordsSent += counts.recordsSent;
  sum.recordsReceived += counts.recordsReceived;
}
