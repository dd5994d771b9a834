import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Verdict } from '../../index.ts';
import { textOf } from '../common/text.ts';
import { type HttpAnswer, Refused } from './answers.ts';
import type { Question } from './json.ts';

/** A request of nginx's mail module: about one recipient, or about a login. */
export interface NginxRequest extends Question {
  /** Whether a client wants to log in. */
  readonly isLogin: boolean;
  /** The mail server that nginx connects a client to, if the client passes. */
  readonly server: { readonly host: string; readonly port: string };
}

/** How long nginx holds a client that is refused, seconds. Without this nginx closes the connection to the client. */
const WAIT = 1;

/** @throws {Refused} For an invalid request. */
export function nginxRequestIn({ url = '', headers }: IncomingMessage): NginxRequest {
  const field = (name: string): string => {
    const value = headers[name];
    return textOf(Buffer.from(Array.isArray(value) ? value.join(', ') : (value ?? ''), 'latin1'));
  };
  if (headers['auth-method'] === undefined) throw new Refused('field', 'GET is for auth_http of nginx; else use POST');
  const query = new URLSearchParams(url.split('?', 2)[1]);
  return {
    isLogin: headers['auth-method'] !== 'none',
    server: serverOf(query.get('server') ?? ''),
    reported: { ip: field('client-ip'), helo: field('auth-smtp-helo'), from: pathIn(field('auth-smtp-from')) },
    recipients: [pathIn(field('auth-smtp-to'))],
  };
}

function serverOf(text: string): NginxRequest['server'] {
  const [, inBrackets, plain, port = ''] = /^(?:\[([^\]]*)\]|([\d.]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = inBrackets ?? plain ?? '';
  const isPort = Number(port) >= 1 && Number(port) <= 65_535;
  if (isPort && isIP(host) === (inBrackets === undefined ? 4 : 6)) return { host, port };
  throw new Refused('field', 'server in the query is not an IP address and a port, as in ?server=127.0.0.1:10025');
}

/** The address of `MAIL FROM:<…> SIZE=…` or `RCPT TO:<…>`. */
function pathIn(command: string): string {
  const [, path = ''] = /^[^:]*:\s*(<(?:"(?:\\.|[^"\\])*"|[^">])*>|\S*)/.exec(command) ?? [];
  return path;
}

export function refusedLogin(): HttpAnswer {
  return answer({ 'Auth-Status': 'Authentication is not offered here', 'Auth-Error-Code': '535 5.7.8' });
}

/** @param verdict `undefined` for a client without an address, which passes. */
export function nginxAnswer(verdict: Verdict | undefined, { host, port }: NginxRequest['server']): HttpAnswer {
  if (verdict === undefined || verdict.action === 'pass') {
    return answer({ 'Auth-Status': 'OK', 'Auth-Server': host, 'Auth-Port': port });
  }
  const [, code = '', words = ''] = /^(\d{3} [\d.]+) (.*)$/.exec(verdict.reply) ?? [];
  return answer({ 'Auth-Status': words, 'Auth-Error-Code': code, 'Auth-Wait': `${WAIT}` });
}

function answer(fields: HttpAnswer['fields']): HttpAnswer {
  return { status: 200, fields, body: '' };
}
