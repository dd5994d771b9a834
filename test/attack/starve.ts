/**
 * A client that sends without end, beside others that wait for their retry.
 *
 *     node --import tsx test/attack/starve.ts [--attempts 500000] [--store memory] [--part flood,traps,botnet]
 *       [--networks 1000,10000,100000] [--minutes 120]
 *
 * flood: attempts of one address; how many of 10,000 tuples that wait are left. traps: spamtrap hits from one IPv6 /64, from
 * the /64s of one IPv6 /40, and from random IPv4 addresses; how many of 10,000 white addresses are left. botnet: addresses
 * in as many networks as given fill the store again and again, while legitimate clients come each minute and retry after 30; how many
 * of the retries are delayed. Time is virtual.
 */
import { parseArgs } from 'node:util';
import { Greylist } from '../../src/index.ts';
import { openStore } from './stores.ts';

const { values } = parseArgs({
  options: {
    attempts: { type: 'string', default: '500000' },
    store: { type: 'string', default: 'memory' },
    part: { type: 'string', default: 'flood,traps,botnet' },
    networks: { type: 'string', default: '1000,10000,100000,400000' },
    minutes: { type: 'string', default: '120' },
  },
});
const attempts = Number(values.attempts);
const LEGITIMATE = 10_000;
const START = 1_800_000_000;
const TO = '<someone@example.net>';
const TRAP = 'trap@example.net';

interface Attacked {
  readonly greylist: Greylist;
  readonly clock: { time: number };
  readonly evicted: () => Promise<string>;
  readonly close: () => Promise<void>;
}

async function setUp(): Promise<Attacked> {
  const [store, closeStore] = await openStore(values.store, {});
  const clock = { time: START };
  const greylist = new Greylist({ store, clock: { now: () => clock.time } });
  const evicted = async () => {
    const { evictedTuples, evictedAddresses } = await store.stats();
    return `${evictedTuples} tuples and ${evictedAddresses} addresses pushed out`;
  };
  const close = async () => {
    await greylist.close();
    await closeStore();
  };
  return { greylist, clock, evicted, close };
}

/** Each in a network of its own: 20.0.0.7 and on. */
function legitimate(i: number, to = TO) {
  return { ip: `20.${(i >> 8) & 255}.${i & 255}.${7 + (i >> 16)}`, helo: 'mx', from: `<user${i}@example.org>`, to };
}

/** The address of a network that attacks: 64.0.0.1 and on. */
function attacker(network: number): string {
  return `${64 + (network >>> 16)}.${(network >>> 8) & 255}.${network & 255}.1`;
}

function random(below: number): number {
  return Math.floor(Math.random() * below);
}

async function flood(): Promise<void> {
  const { greylist, clock, evicted, close } = await setUp();
  for (let i = 0; i < LEGITIMATE; i++) await greylist.check(legitimate(i));
  for (let i = 0; i < attempts; i++) {
    await greylist.check({ ip: '192.0.2.1', helo: 'flood', from: `<a${i}@example.org>`, to: `<b${i}@example.net>` });
  }
  clock.time += 1800;
  let left = 0;
  for (let i = 0; i < LEGITIMATE; i++) if ((await greylist.check(legitimate(i))).reason === 'retry') left++;
  console.log(`flood: ${attempts} attempts of one address: ${left} of ${LEGITIMATE} tuples left; ${await evicted()}`);
  await close();
}

async function traps(): Promise<void> {
  const sources: Record<string, (i: number) => string> = {
    'one IPv6 /64': (i) => `2001:db8:0:1::${(i >>> 16).toString(16)}:${(i & 0xffff).toString(16)}`,
    'the /64s of an IPv6 /40': (i) => `2001:db8:${(i >>> 16).toString(16)}:${(i & 0xffff).toString(16)}::1`,
    'random IPv4': () => `${64 + random(64)}.${random(256)}.${random(256)}.${random(256)}`,
  };
  for (const [name, source] of Object.entries(sources)) {
    const { greylist, evicted, close } = await setUp();
    await greylist.spamtraps.add(TRAP);
    for (let i = 0; i < LEGITIMATE; i++) await greylist.allow(legitimate(i).ip);
    for (let i = 0; i < attempts; i++) await greylist.check({ ...legitimate(i, TRAP), ip: source(i) });
    let left = 0;
    for (let i = 0; i < LEGITIMATE; i++) if ((await greylist.check(legitimate(i))).reason === 'white') left++;
    console.log(`traps: ${attempts} hits from ${name}: ${left} of ${LEGITIMATE} white left; ${await evicted()}`);
    await close();
  }
}

/** As many attempts a minute as fill the store within passtime; each minute 200 legitimate clients. */
async function botnet(networks: number): Promise<void> {
  const { greylist, clock, evicted, close } = await setUp();
  const each = 200;
  const rate = Math.ceil(attempts / 20);
  let sent = 0;
  const wait: number[] = [];
  let [retried, passed] = [0, 0];
  for (let minute = 0; minute < Number(values.minutes); minute++) {
    for (let i = 0; i < rate; i++) {
      const network = sent++ % networks;
      await greylist.check({ ip: attacker(network), helo: 'bot', from: `<a${sent}@example.org>`, to: TO });
      if (i % Math.ceil(rate / each) === 0) {
        const client = wait.length;
        wait.push(minute);
        await greylist.check(legitimate(client));
      }
    }
    clock.time += 60;
    for (let client = 0; client < wait.length; client++) {
      if (wait[client] !== minute - 29) continue;
      retried++;
      if ((await greylist.check(legitimate(client))).reason === 'retry') passed++;
    }
  }
  const delayed = retried - passed;
  console.log(
    `botnet: ${networks} networks, ${rate} attempts a minute: ${delayed} of ${retried} retries delayed; ${await evicted()}`,
  );
  await close();
}

const parts = values.part.split(',');
if (parts.includes('flood')) await flood();
if (parts.includes('traps')) await traps();
if (parts.includes('botnet')) for (const networks of values.networks.split(',')) await botnet(Number(networks));
