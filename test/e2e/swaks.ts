import { execFile } from 'node:child_process';
import type { Machine } from './machine.ts';

export interface Mail {
  /** The client's address, one of the machine's. Default its first. */
  readonly ip?: string;
  readonly helo?: string;
  /** As it stands behind `MAIL FROM:`, without brackets. */
  readonly from?: string;
  readonly to?: string;
  /** More arguments of swaks. */
  readonly more?: readonly string[];
}

/** What a client was answered. */
export interface Replies {
  /** To each RCPT TO, in order. */
  readonly rcpt: readonly string[];
  /** To the message; `undefined` where it did not come to that. */
  readonly data: string | undefined;
  readonly transcript: string;
}

/** Delivers mail by swaks from an address of the machine to its own server. */
export async function deliver(machine: Machine, mail: Mail = {}): Promise<Replies> {
  const {
    ip = '198.51.100.10',
    helo = 'client.example.org',
    from = 'alice@example.org',
    to = 'bob@example.net',
  } = mail;
  const envelope = ['--helo', helo, '--from', from, '--to', to, '--timeout', '25'];
  const where = ['--server', '198.51.100.1', '--local-interface', ip];
  return converse([...where, ...envelope, ...(mail.more ?? [])], machine.inside);
}

/**
 * Runs swaks.
 *
 * @param inside The command that runs another one somewhere else.
 */
export async function converse(options: readonly string[], inside: readonly string[] = []): Promise<Replies> {
  const [program = '', ...args] = [...inside, 'swaks', ...options];
  const transcript = await new Promise<string>((resolve) => {
    // Its exit status says that mail was refused, which is what some tests are about.
    execFile(program, args, { encoding: 'latin1', timeout: 28_000 }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
  return { ...repliesIn(transcript), transcript };
}

/** The last line of each reply, by the command before it. */
function repliesIn(transcript: string): Pick<Replies, 'rcpt' | 'data'> {
  const rcpt: string[] = [];
  let data: string | undefined;
  let command = '';
  for (const line of transcript.split('\n')) {
    const [, sent] = /^ [-~*]> (.*)$/.exec(line) ?? [];
    if (sent !== undefined) command = sent;
    const [, reply] = /^<[-~*]{1,2} +(\d{3} .*)$/.exec(line) ?? [];
    if (reply === undefined) continue;
    if (command.startsWith('RCPT TO')) rcpt.push(reply);
    // With --suppress-data it says how much it sent.
    if (command === '.' || /^\d+ lines sent/.test(command)) data = reply;
  }
  return { rcpt, data };
}
