import { SpamdSyncError, type SpamdSyncErrorCode, systemCode } from '../errors.ts';
import { frame } from '../frames.ts';
import type { Attempt } from '../greylist/input.ts';
import type { Verdict } from '../greylist/verdict.ts';
import type { SpamdbRecord } from '../spamdb-record.ts';
import { spamdsyncsocket } from './generated/socket.js';

/** The largest message, bytes. */
export const MAX_MESSAGE = 2 ** 20;

/** The messages of `socket.proto`. Their decoders throw for bytes that are not such a message. */
const messages = spamdsyncsocket;

export type Request = spamdsyncsocket.Request;
export type RequestProperties = spamdsyncsocket.Request.$Properties;
export type Response = spamdsyncsocket.Response;
export type ResponseProperties = spamdsyncsocket.Response.$Properties;
export type AttemptMessage = spamdsyncsocket.Attempt.$Properties;
export type Failure = spamdsyncsocket.Failure.$Properties;

export function requestFrame(request: RequestProperties): Buffer {
  return frame(messages.Request.encode(request).finish(), MAX_MESSAGE);
}

export function responseFrame(response: ResponseProperties): Buffer {
  return frame(messages.Response.encode(response).finish(), MAX_MESSAGE);
}

/** @throws {Error} Of protobufjs, for bytes that are not a request. */
export function readRequest(bytes: Buffer): Request {
  return messages.Request.decode(bytes);
}

/** @throws {Error} Of protobufjs, for bytes that are not a response. */
export function readResponse(bytes: Buffer): Response {
  return messages.Response.decode(bytes);
}

/**
 * Whether a message has a member. The value does not tell: the generated classes have a default for each missing one.
 */
export function has<T extends object>(message: T, member: keyof T): boolean {
  return Object.hasOwn(message, member);
}

export function attemptOf({ ip, helo, from, to, ...rest }: spamdsyncsocket.Attempt.$Properties): Attempt {
  const attempt = { ip: ip ?? '', helo: helo ?? '', from: from ?? '', to: to ?? '' };
  return Object.hasOwn(rest, 'connectedTo') ? { ...attempt, connectedTo: rest.connectedTo ?? '' } : attempt;
}

export function verdictMessage(verdict: Verdict): spamdsyncsocket.Verdict.$Properties {
  const { error, ...plain } = verdict;
  const given = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined));
  return error === undefined ? given : { ...given, error: failureOf(error) };
}

export function verdictOf(message: spamdsyncsocket.Verdict.$Properties): Verdict {
  const { error, ...plain } = message;
  const verdict = error == null ? { ...plain } : { ...plain, error: errorOf(error) };
  return verdict as Verdict;
}

export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const code = systemCode(error);
  return code === undefined ? { message } : { code, message };
}

export function errorOf({ code, message }: Failure): Error {
  const text = message ?? '';
  if (code?.startsWith('ERR_SPAMD_')) return new SpamdSyncError(code as SpamdSyncErrorCode, text);
  return new Error(text);
}

export function recordText(record: SpamdbRecord): string {
  return JSON.stringify(record);
}

/** The greylist has to check these records: the program that sent them may be of another version, or may lie. */
export function recordsOf(message: spamdsyncsocket.Records.$Properties | null | undefined): SpamdbRecord[] {
  return (message?.record ?? []).map((text) => JSON.parse(text) as SpamdbRecord);
}
