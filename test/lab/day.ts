import { converse } from '../e2e/swaks.ts';
import { CLIENT, type Hosts, PASSTIME, RETURNING, SPAMMER, STRANGER } from './hosts.ts';
import { type KillableServer, type MailServer, TRAP } from './servers.ts';
import { soon } from './soon.ts';
import type { Timeline } from './timeline.ts';
import type { Wire } from './wire.ts';

const [BOB, CAROL] = ['bob@example.net', 'carol@example.net'];
/** What a client is answered in the end, whatever the mail server puts before it. */
const GREYLISTED = /45[01] 4\.7\.1 .*Greylisted, please try again in \d+ seconds/;
const REFUSED = /550 5\.7\.1 .*Refused: your address is trapped until /;
/** A tarpit's answers. */
const TAKES_NO_MAIL = /451 Temporary failure/;
const HELD = /450 Your address \S+ has mailed to spamtraps here/;
const ACCEPTED = /250 /;

/** The mail servers of the day, by their letters. */
export interface Servers {
  /** Its daemon will be killed. */
  readonly A: KillableServer;
  readonly B: MailServer;
  /** Has the spamtrap. */
  readonly C: MailServer;
  readonly D: MailServer;
  readonly E: MailServer;
  /** A tarpit. */
  readonly F: MailServer;
}

type Letter = keyof Servers;
const LETTERS = ['A', 'B', 'C', 'D', 'E', 'F'] as const satisfies readonly Letter[];

/** A day of a sync group in miniature. */
export class Day {
  readonly #hosts: Hosts;
  readonly #servers: Servers;
  readonly #wire: Wire;
  readonly #timeline: Timeline;

  constructor(hosts: Hosts, servers: Servers, wire: Wire, timeline: Timeline) {
    this.#hosts = hosts;
    this.#servers = servers;
    this.#wire = wire;
    this.#timeline = timeline;
  }

  async run(): Promise<void> {
    const deferredAt = await this.#defer();
    await this.#trap();
    // A retry passes when more than passtime is over, and times are whole seconds.
    await new Promise((resolve) => setTimeout(resolve, deferredAt + (PASSTIME + 2) * 1000 - Date.now()));
    await this.#pass();
    await this.#kill();
    const { rest } = this.#wire;
    this.#timeline.note('wire', 'nothing else went over it', rest.join('; ') || 'nothing', /^nothing$/);
  }

  /** @returns When the last new client was deferred, milliseconds. */
  async #defer(): Promise<number> {
    await this.#deliver('a first attempt', 'A', CLIENT, BOB, GREYLISTED, 'defer first-sight');
    await this.#announced('A', 'grey', CLIENT);
    await nextSecond();
    await this.#deliver('too soon', 'B', CLIENT, BOB, GREYLISTED, 'defer too-soon');
    await this.#announced('B', 'grey', CLIENT);
    await this.#deliver('a first attempt', 'A', RETURNING, BOB, GREYLISTED, 'defer first-sight');
    await this.#announced('A', 'grey', RETURNING);
    return Date.now();
  }

  async #trap(): Promise<void> {
    await this.#deliver('to a spamtrap', 'C', SPAMMER, TRAP, REFUSED, 'reject spamtrap');
    await this.#announced('C', 'trapped', SPAMMER);
    for (const letter of ['A', 'B', 'D', 'E'] as const) {
      await this.#deliver('trapped', letter, SPAMMER, BOB, REFUSED, 'reject trapped');
    }
    await this.#deliver('trapped and held up', 'F', SPAMMER, BOB, HELD, 'reject trapped');
  }

  async #pass(): Promise<void> {
    await this.#deliver('a retry after passtime', 'C', CLIENT, BOB, ACCEPTED, 'pass retry');
    await this.#announced('C', 'white', CLIENT);
    for (const letter of ['A', 'B', 'D', 'E'] as const) {
      await nextSecond();
      await this.#deliver('white, another mail', letter, CLIENT, CAROL, ACCEPTED, 'pass white');
      // Each host announces a white client once, when it has seen it itself.
      await this.#announced(letter, 'white', CLIENT);
    }
    await nextSecond();
    await this.#deliver('white, not held up', 'F', CLIENT, CAROL, TAKES_NO_MAIL, 'pass white');
    await this.#announced('F', 'white', CLIENT);
  }

  async #kill(): Promise<void> {
    this.#timeline.note('daemon of A', 'is killed', await this.#servers.A.kill(), /^SIGKILL$/);
    await this.#deliver('new, while the daemon is dead', 'A', STRANGER, BOB, ACCEPTED);
    await this.#servers.A.restart();
    await this.#deliver('trapped still, the daemon is back', 'A', SPAMMER, BOB, REFUSED, 'reject trapped');
    await this.#deliver('a retry of before', 'A', RETURNING, BOB, ACCEPTED, 'pass retry');
    await this.#announced('A', 'white', RETURNING);
    await this.#deliver('new, while the daemon is back', 'A', STRANGER, BOB, GREYLISTED, 'defer first-sight');
    await this.#announced('A', 'grey', STRANGER);
  }

  /**
   * Delivers a mail, and notes the last reply, and what the page of the daemon shows that was decided.
   *
   * @param verdict Action and reason.
   */
  async #deliver(what: string, at: Letter, ip: string, to: string, reply: RegExp, verdict?: string): Promise<void> {
    const { host, feed } = this.#servers[at];
    const before = feed?.items.length;
    const envelope = ['--helo', 'client.example.org', '--from', 'alice@example.org', '--to', to];
    const options = ['--server', host.address, '--local-interface', ip, '--timeout', '25s', ...envelope];
    const { rcpt, data, transcript } = await converse(options, this.#hosts.clients.inside);
    const answer = data ?? refusal(rcpt, transcript);
    const who = `${ip} -> ${at}`;
    if (feed === undefined || verdict === undefined) return this.#timeline.note(who, what, answer, reply);
    const verdicts = () =>
      feed.items
        .slice(before)
        .filter((item) => item.kind === 'answered' && item.ip === ip)
        .map(({ what: action, detail }) => `${action} ${detail.split(/[,;]/, 1)[0]}`);
    const shown = (await soon(() => verdicts().find((one) => one === verdict))) ?? verdicts().join(', ');
    this.#timeline.note(who, what, `${shown}: ${answer}`, new RegExp(`^${verdict}: ${reply.source}`));
  }

  /** Notes what the listener received from a server, and which pages show it, once all do. */
  async #announced(at: Letter, type: 'grey' | 'white' | 'trapped', ip: string): Promise<void> {
    const { address } = this.#servers[at].host;
    const received = (await this.#wire.next(address, type, ip)) ?? 'nothing';
    const paged = LETTERS.filter((letter) => this.#servers[letter].feed !== undefined);
    const shows = (letter: Letter) =>
      this.#servers[letter].feed?.items.some((item) => {
        const isIt = item.what === type.toUpperCase() && item.ip === ip;
        return isIt && (letter === at ? item.kind === 'sent' : item.kind === 'received' && item.host === address);
      });
    await soon(() => paged.every(shows) || undefined);
    const pages = paged.filter(shows).join(' ');
    const expected = new RegExp(`^[A-Z].* on the pages of ${paged.join(' ')}$`);
    this.#timeline.note(`${at} -> wire`, 'announced', `${received}, on the pages of ${pages}`, expected);
  }
}

/** The tarpit refuses DATA itself. */
function refusal(rcpt: readonly string[], transcript: string): string {
  const [, last = 'no reply'] = /^<\*\* +(\d{3} .*)$/m.exec(transcript) ?? [];
  return rcpt.at(-1)?.startsWith('250') === false ? (rcpt.at(-1) ?? last) : last;
}

/** In one second two hosts send the same datagram where they announce the same, and the second is dropped as a duplicate. */
function nextSecond(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000 - (Date.now() % 1000)));
}
