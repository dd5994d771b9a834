import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Child } from './child.ts';
import type { Part, Row } from './part.ts';
import type { PolicyServerCalls } from './policy-server.ts';
import { sampleAttempt } from './stored.ts';
import { count } from './table.ts';
import { compare } from './timing.ts';

/** What the 99th percentile of an answer may take at half the rate, milliseconds. */
const BOUND_MS = 5;

export const policy: Part = {
  name: 'policy',
  title: 'Policy requests over one Unix socket, new tuples in memory, against the same server that only says DUNNO',
  run: async (quick) => {
    const folder = await mkdtemp(join(tmpdir(), 'spamd-sync-bench-'));
    try {
      const rows: Row[] = [];
      for (const connections of [1, 16]) rows.push(...(await measured(folder, connections, quick)));
      return rows;
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

async function measured(folder: string, connections: number, quick: boolean): Promise<Row[]> {
  const paths = [join(folder, 'ours'), join(folder, 'other')] as const;
  await using ours = new Child<PolicyServerCalls>('policy-server');
  await using other = new Child<PolicyServerCalls>('policy-server');
  await ours.ask('open', { path: paths[0], decides: true });
  await other.ask('open', { path: paths[1], decides: false });
  const clients = paths.map((path) => Array.from({ length: connections }, () => new Client(path)));
  const [oursClients = [], otherClients = []] = clients;
  const times: [number[], number[]] = [[], []];
  // Long enough for both to be compiled by the optimizing compiler.
  for (const client of clients) await secondsEach(client, 1500);
  for (let round = 0; round < (quick ? 3 : 7); round++) {
    times[0].push(await secondsEach(oursClients, quick ? 300 : 1500));
    times[1].push(await secondsEach(otherClients, quick ? 300 : 1500));
  }
  const { ours: seconds, other: otherSeconds, ratio } = compare(...times);
  const half = 0.5 / seconds;
  const late = await percentile(oursClients, half, quick ? 500 : 3000);
  // What of that is the machine's.
  const otherLate = await percentile(otherClients, half, quick ? 500 : 3000);
  for (const client of clients.flat()) client.close();
  await ours.ask('close', null);
  await other.ask('close', null);
  const what = `requests/s, ${connections} connection${connections === 1 ? '' : 's'}`;
  return [
    { what, ours: count(1 / seconds), against: count(1 / otherSeconds), ratio, atLeast: 0.8 },
    {
      what: `p99 at half that rate, ${connections}`,
      ours: `${late.toFixed(2)} ms`,
      against: `${otherLate.toFixed(2)} ms`,
      sound: late < BOUND_MS,
    },
  ];
}

/** Each client asks again as soon as it is answered. */
async function secondsEach(clients: readonly Client[], milliseconds: number): Promise<number> {
  const begin = performance.now();
  let asked = 0;
  const run = async (client: Client): Promise<void> => {
    while (performance.now() - begin < milliseconds) {
      await client.ask();
      asked++;
    }
  };
  await Promise.all(clients.map(run));
  return (performance.now() - begin) / 1000 / asked;
}

/** The 99th percentile of how long answers take, milliseconds, when so many are asked for a second. */
async function percentile(clients: readonly Client[], rate: number, milliseconds: number): Promise<number> {
  const took: number[] = [];
  const begin = performance.now();
  let asked = 0;
  const waiting: Promise<void>[] = [];
  while (performance.now() - begin < milliseconds) {
    const due = ((performance.now() - begin) / 1000) * rate;
    for (; asked < due; asked++) {
      const client = clients[asked % clients.length] as Client;
      const at = performance.now();
      waiting.push(client.ask().then(() => void took.push(performance.now() - at)));
    }
    await setTimeout(1);
  }
  await Promise.all(waiting);
  took.sort((one, other) => one - other);
  return took[Math.floor(took.length * 0.99)] ?? Number.NaN;
}

let attempts = 0;

/** A mail server's connection: one request at a time. */
class Client {
  readonly #socket: Socket;
  #last: Promise<void> = Promise.resolve();
  #answered = (): void => {};

  constructor(path: string) {
    this.#socket = createConnection(path);
    // Answers are far shorter than a read.
    this.#socket.on('data', () => this.#answered());
  }

  ask(): Promise<void> {
    const asked = this.#last.then(() => this.#ask());
    this.#last = asked;
    return asked;
  }

  close(): void {
    this.#socket.destroy();
  }

  #ask(): Promise<void> {
    this.#socket.write(request(attempts++));
    return new Promise((resolve) => {
      this.#answered = resolve;
    });
  }
}

/** What Postfix 3.7 sends. */
function request(number: number): string {
  const { ip, helo, from, to } = sampleAttempt(number);
  return `request=smtpd_access_policy
protocol_state=RCPT
protocol_name=ESMTP
client_address=${ip}
client_name=unknown
client_port=41018
reverse_client_name=unknown
server_address=192.0.2.1
server_port=25
helo_name=${helo}
sender=${from.slice(1, -1)}
recipient=${to.slice(1, -1)}
recipient_count=0
queue_id=
instance=1a2b.6929bd4b.${number}.0
size=436
etrn_domain=
stress=
sasl_method=
sasl_username=
sasl_sender=
ccert_subject=
ccert_issuer=
ccert_fingerprint=
ccert_pubkey_fingerprint=
encryption_protocol=
encryption_cipher=
encryption_keysize=0
policy_context=

`;
}
