/** Why a request is refused: the `code` in the body of a 4xx answer. */
export type HttpRefusal = 'method' | 'type' | 'oversize' | 'malformed' | 'field';

/** A status, header fields and a body. */
export interface HttpAnswer {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string;
}

const STATUS: Readonly<Record<HttpRefusal, number>> = {
  method: 405,
  type: 415,
  oversize: 413,
  malformed: 400,
  field: 400,
};

const FIELDS: Readonly<Partial<Record<HttpRefusal, HttpAnswer['fields']>>> = {
  method: { Allow: 'GET, POST' },
  // The rest of the body is not read.
  oversize: { Connection: 'close' },
};

export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: HttpRefusal;

  constructor(code: HttpRefusal, message: string) {
    super(message);
    this.code = code;
  }
}

export function jsonAnswer(value: unknown, status = 200, fields: HttpAnswer['fields'] = {}): HttpAnswer {
  return { status, fields: { 'Content-Type': 'application/json', ...fields }, body: JSON.stringify(value) };
}

export function refusal({ code, message }: Refused): HttpAnswer {
  return jsonAnswer({ error: { code, message } }, STATUS[code], FIELDS[code]);
}
