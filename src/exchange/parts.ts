import { itemMessage, type Listed, leafMessage, type MessageProperties, PART, type SharedRecord } from './messages.ts';

/** What a record or a leaf takes besides its bytes, about. */
const OVERHEAD = 12;

type Send = (message: MessageProperties) => Promise<void>;

/** Sends records in messages of some 64 KiB. */
export class ItemParts {
  readonly #send: Send;
  #item: ReturnType<typeof itemMessage>[] = [];
  #bytes = 0;
  /** How many records were sent, and about how many bytes they took. */
  sent = { records: 0, bytes: 0 };

  constructor(send: Send) {
    this.#send = send;
  }

  async add(record: SharedRecord): Promise<void> {
    const item = itemMessage(record);
    const bytes = OVERHEAD + (item.key?.length ?? 0) + (item.tuple?.length ?? item.address?.length ?? 0);
    this.#item.push(item);
    this.#bytes += bytes;
    this.sent = { records: this.sent.records + 1, bytes: this.sent.bytes + bytes };
    if (this.#bytes >= PART) await this.flush(false);
  }

  /** Sends those that are left. @param end Whether they are the last. */
  async flush(end: boolean): Promise<void> {
    const item = this.#item;
    this.#item = [];
    this.#bytes = 0;
    if (end || item.length > 0) await this.#send({ items: { item, end } });
  }
}

/** Sends leaves in messages of some 64 KiB, the last with `end`. */
export async function sendLeaves(send: Send, member: 'listing' | 'want', listed: Iterable<Listed>): Promise<void> {
  let leaf: ReturnType<typeof leafMessage>[] = [];
  let bytes = 0;
  for (const one of listed) {
    leaf.push(leafMessage(one));
    bytes += OVERHEAD + 2 * one.hashes.length;
    if (bytes < PART) continue;
    await send({ [member]: { leaf, end: false } });
    leaf = [];
    bytes = 0;
  }
  await send({ [member]: { leaf, end: true } });
}
