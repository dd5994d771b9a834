import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Reported } from '../../index.ts';
import { isObject } from '../../validate.ts';
import { Refused } from './answers.ts';

/** The longest body, bytes. */
const MAX_BODY = 262_144;
const MAX_RECIPIENTS = 1000;

/** What a request asks about: a client, a sender, and at least one recipient. */
export interface Question {
  readonly reported: Omit<Reported, 'to'>;
  readonly recipients: readonly string[];
}

type Given = Readonly<Partial<Record<keyof Reported, unknown>>>;

/** @throws {Refused} For an invalid request. */
export async function questionIn(request: IncomingMessage): Promise<Question> {
  // A page in a browser may send any other type to any server without asking it first.
  if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw new Refused('type', 'the body has to be of type application/json');
  }
  const given = parsed(await bodyOf(request));
  const reported = {
    ip: text(given, 'ip'),
    helo: text(given, 'helo'),
    from: text(given, 'from'),
    connectedTo: text(given, 'connectedTo'),
  };
  return { reported, recipients: recipientsOf(given.to) };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  // The connection stays open, so that the answer can be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY) throw new Refused('oversize', `the body has more than ${MAX_BODY} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function parsed(body: Buffer): Given {
  let value: unknown;
  try {
    // A body that is not UTF-8 is read as Latin-1, as addresses of a mail dialogue are: no byte is lost.
    value = JSON.parse(body.toString(isUtf8(body) ? 'utf8' : 'latin1'));
  } catch {
    throw new Refused('malformed', 'the body is not JSON');
  }
  if (isObject(value) && !Array.isArray(value)) return { ...value };
  throw new Refused('malformed', 'the body is not an object');
}

function text(given: Given, name: keyof Reported): string | undefined {
  const value = given[name] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  throw new Refused('field', `${name} is not a string`);
}

function recipientsOf(to: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(to) ? to : [to];
  if (list.length === 0 || list.length > MAX_RECIPIENTS || !list.every((one) => typeof one === 'string')) {
    throw new Refused('field', `to is not a recipient, nor a list of 1 to ${MAX_RECIPIENTS}`);
  }
  return list;
}
