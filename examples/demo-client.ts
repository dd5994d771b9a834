import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createTransport } from 'nodemailer';

export interface Client {
  readonly name: string;
  readonly ip: string;
  readonly helo: string;
  readonly from: string;
}

/**
 * Delivers a mail as a client from some address on the Internet would. The connection comes from loopback, so its first
 * line says where it would come from, as a load balancer's does (the PROXY protocol).
 *
 * @returns The reply that decided: to the recipient if he was refused, else to the mail.
 */
export async function deliver(client: Client, server: AddressInfo, to: string): Promise<string> {
  const connection = connect(server.port, server.address);
  await once(connection, 'connect');
  connection.write(`PROXY TCP4 ${client.ip} ${server.address} ${connection.localPort} ${server.port}\r\n`);
  const transport = createTransport({ connection, name: client.helo });
  try {
    const { from } = client;
    const { response } = await transport.sendMail({
      envelope: { from, to },
      from,
      to,
      subject: 'Hello',
      text: 'Hello',
    });
    return response;
  } catch (error) {
    if (error instanceof Error && 'response' in error && typeof error.response === 'string') return error.response;
    throw error;
  } finally {
    transport.close();
  }
}
