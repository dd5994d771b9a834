import { itemMessage, type MessageProperties, PART, type SharedRecord } from './messages.ts';

/** What a record takes in a message besides its key and its encoded form, bytes, about. */
const OVERHEAD = 12;

/** Sends records in messages of some 64 KiB. */
export class ItemParts {
  readonly #send: (message: MessageProperties) => Promise<void>;
  #item: ReturnType<typeof itemMessage>[] = [];
  #bytes = 0;
  /** How many records were added. */
  records = 0;
  /** How many bytes they take, about. */
  bytes = 0;

  constructor(send: (message: MessageProperties) => Promise<void>) {
    this.#send = send;
  }

  /** @returns A promise to await before the next record is added, if there is one. */
  add(record: SharedRecord): Promise<void> | undefined {
    const item = itemMessage(record);
    const bytes = OVERHEAD + (item.key?.length ?? 0) + (item.tuple?.length ?? item.address?.length ?? 0);
    this.#item.push(item);
    this.#bytes += bytes;
    this.bytes += bytes;
    this.records++;
    return this.#bytes < PART ? undefined : this.flush(false);
  }

  /**
   * Sends the records that are left.
   *
   * @param end Whether they are the last.
   */
  async flush(end: boolean): Promise<void> {
    const item = this.#item;
    this.#item = [];
    this.#bytes = 0;
    if (end || item.length > 0) await this.#send({ items: { item, end } });
  }
}
