/** A real smtp-server on loopback, and a real client for it. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createTransport } from 'nodemailer';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { onTestFinished } from 'vitest';

export const HELO = 'mail.example.org';

export interface Mail {
  readonly from?: string;
  readonly to?: string | readonly string[];
  readonly login?: boolean;
}

export interface TestServer {
  readonly port: number;
  /** @returns The replies to the recipients that were refused, else the one to the mail. */
  readonly deliver: (mail?: Mail) => Promise<string[]>;
}

/** A server that takes every mail that `options` let through; closed with the test. */
export async function serve(options: SMTPServerOptions): Promise<TestServer> {
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    authOptional: true,
    allowInsecureAuth: true,
    onAuth: ({ username }, _session, callback) => callback(null, { user: username }),
    onData: (stream, _session, callback) => {
      stream.resume().on('end', () => callback(null, 'taken'));
    },
    ...options,
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  onTestFinished(() => new Promise<void>((resolve) => server.close(resolve)));
  const { port } = server.server.address() as AddressInfo;
  return { port, deliver: (mail = {}) => deliver(port, mail) };
}

async function deliver(port: number, mail: Mail): Promise<string[]> {
  const { from = 'alice@example.org', to = 'bob@example.net', login = false } = mail;
  const transport = createTransport({
    host: '127.0.0.1',
    port,
    name: HELO,
    ...(login ? { auth: { user: 'alice', pass: 'secret' } } : {}),
  });
  try {
    const { response, rejectedErrors = [] } = await transport.sendMail({
      envelope: { from, to: [to].flat() },
      text: 'Hello',
    });
    return [...rejectedErrors.map((error) => error.response ?? ''), response];
  } catch (error) {
    return refusals(error);
  } finally {
    transport.close();
  }
}

function refusals(error: unknown): string[] {
  if (!(error instanceof Error) || !('rejectedErrors' in error) || !Array.isArray(error.rejectedErrors)) throw error;
  return error.rejectedErrors.map(({ response }) => String(response));
}
