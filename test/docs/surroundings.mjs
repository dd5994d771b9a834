/**
 * Runs one block of the docs, unchanged, in surroundings of its own: what a reader's host has and this one need not.
 *
 * - On loopback the group's port is a free one, the same for all peers of the block, instead of 8025.
 * - The interface em0 is loopback, and each host in example.org is an address of 127.0.9.0/24.
 * - /etc/mail/spamd.key is the file spamd.key of the working directory.
 * - A Redis on port 6379 is one that was started for the purpose.
 * - DNS knows the servers of big.example, and an address whose reverse DNS says that it is one of them.
 *
 * As a worker thread its output goes to its parent in the order in which it is printed. When the block has run and
 * something still keeps it going, its parent has it interrupted.
 */
import dns from 'node:dns/promises';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { networkInterfaces } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { SyncKey, SyncPeer } from 'spamd-sync';

const { file, port, redisPort } = workerData ?? JSON.parse(process.env.DOCS_BLOCK ?? '{}');

const LOOPBACK = Object.entries(networkInterfaces()).find(([, list]) =>
  list?.some(({ address }) => address === '127.0.0.1'),
)?.[0];

const hosts = new Map();

function place(name) {
  if (name === 'em0') return LOOPBACK;
  if (typeof name !== 'string' || !name.endsWith('.example.org')) return name;
  if (!hosts.has(name)) hosts.set(name, `127.0.9.${hosts.size + 1}`);
  return hosts.get(name);
}

function placed({ listen, targets, ...options }) {
  const here = place(listen);
  const there = targets?.map((target) =>
    typeof target === 'string' ? place(target) : { ...target, host: place(target.host) },
  );
  const free = typeof here !== 'string' || here === LOOPBACK || here.startsWith('127.');
  return { ...(free ? { port } : {}), ...options, listen: here, ...(there === undefined ? {} : { targets: there }) };
}

const open = SyncPeer.open.bind(SyncPeer);
SyncPeer.open = (options) => open(options.transport === undefined ? placed(options) : options);

const fromFile = SyncKey.fromFile.bind(SyncKey);
SyncKey.fromFile = (path) => fromFile(path === '/etc/mail/spamd.key' ? 'spamd.key' : path);

const connect = net.createConnection;
net.createConnection = (options, ...more) =>
  connect(options?.port === 6379 ? { ...options, port: redisPort } : options, ...more);

const REVERSE = {
  '198.51.100.7': ['out1.big.example'],
  '192.0.2.99': ['out2.big.example'],
  '192.0.2.66': ['out1.big.example'],
};
const FORWARD = { 'out1.big.example': ['198.51.100.7'], 'out2.big.example': ['192.0.2.99'] };
dns.reverse = async (ip) => REVERSE[ip] ?? [];
dns.resolve4 = async (name) => FORWARD[name] ?? [];
syncBuiltinESMExports();

if (parentPort !== null) {
  for (const stream of [process.stdout, process.stderr]) {
    stream.write = (chunk, encoding, callback) => {
      parentPort.postMessage({ printed: String(chunk) });
      const done = typeof encoding === 'function' ? encoding : callback;
      if (done !== undefined) queueMicrotask(done);
      return true;
    };
  }
  parentPort.on('message', () => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.emit(signal);
  });
  parentPort.unref();
}
await import(file);
parentPort?.postMessage({ ran: true });
