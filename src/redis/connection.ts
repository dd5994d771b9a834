import { SpamdSyncError, shown } from '../errors.ts';

/**
 * A part of a command: text, which both clients send as UTF-8. For bytes each client takes a path that costs twice as
 * much.
 */
export type Argument = string;

/** How node-redis is told to send a command. */
export interface NodeRedisCommandOptions {
  /** Bulk strings (`$`, character 36) are answered as text, whatever the client's own mapping is. */
  readonly typeMapping: {
    /** What such a string becomes. */
    readonly 36: typeof String;
  };
  /**
   * 0: the client sets no time limit, which would cost as much as the rest of a command. The store has a time limit of
   * its own.
   */
  readonly timeout: 0;
}

/** A client of the package `redis`, connected. */
export interface NodeRedisClient {
  /** Sends a command as `options` say. */
  sendCommand(args: Argument[], options: NodeRedisCommandOptions): Promise<unknown>;
}

/** A cluster client of the package `redis`, connected. */
export interface NodeRedisCluster {
  /** Sends a command to the server that has `firstKey`. */
  sendCommand(
    firstKey: string | undefined,
    isReadonly: boolean | undefined,
    args: Argument[],
    options: NodeRedisCommandOptions,
  ): Promise<unknown>;
  /** The servers that hold keys. */
  readonly masters: readonly object[];
  /** The client of one of them. */
  nodeClient(master: object): Promise<NodeRedisClient>;
}

/** A client of the package `ioredis`. */
export interface IoRedisClient {
  /** Sends a command. */
  call(command: string, args: Argument[]): Promise<unknown>;
}

/** A cluster client of the package `ioredis`. */
export interface IoRedisCluster extends IoRedisClient {
  /** The clients of the servers that hold keys. */
  nodes(role: 'master'): readonly IoRedisClient[];
}

/** A client that the store takes. Its kind is found by its methods, so that neither package is imported. */
export type RedisClient = NodeRedisClient | NodeRedisCluster | IoRedisClient | IoRedisCluster;

/** Sends a command to one server. */
export type Send = (args: Argument[]) => Promise<unknown>;

/** A client of either package, as the store uses it. Strings in replies are text. */
export interface Connection {
  /** Whether keys of different hash tags may be kept at different servers. */
  readonly cluster: boolean;
  /** @param key The command goes to the server that has this key. */
  send(key: string, args: Argument[]): Promise<unknown>;
  /** Every server that holds keys. */
  masters(): Promise<readonly Send[]>;
}

const OPTIONS: NodeRedisCommandOptions = { typeMapping: { 36: String }, timeout: 0 };

/**
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for what is not such a client, and for a client that changes keys by
 * itself.
 */
export function connectionOf(client: RedisClient): Connection {
  if (typeof client !== 'object' || client === null) throw unusable(client);
  if (hasKeyPrefix(client)) {
    throw new SpamdSyncError(
      'ERR_SPAMD_OPTION',
      'client: has a keyPrefix, which SCAN does not know: use prefix instead',
    );
  }
  if ('nodeClient' in client) return nodeRedisCluster(client);
  if ('nodes' in client) return ioRedisCluster(client);
  if ('call' in client && typeof client.call === 'function') return single(ioRedis(client));
  if ('sendCommand' in client && typeof client.sendCommand === 'function') return single(nodeRedis(client));
  throw unusable(client);
}

function single(send: Send): Connection {
  return { cluster: false, send: (_key, args) => send(args), masters: async () => [send] };
}

function nodeRedisCluster(client: NodeRedisCluster): Connection {
  return {
    cluster: true,
    send: (key, args) => client.sendCommand(key, false, args, OPTIONS),
    masters: async () => {
      const clients = await Promise.all(client.masters.map((master) => client.nodeClient(master)));
      return clients.map(nodeRedis);
    },
  };
}

function ioRedisCluster(client: IoRedisCluster): Connection {
  const send = ioRedis(client);
  return {
    cluster: true,
    send: (_key, args) => send(args),
    masters: async () => client.nodes('master').map(ioRedis),
  };
}

function nodeRedis(client: NodeRedisClient): Send {
  return (args) => client.sendCommand(args, OPTIONS);
}

function ioRedis(client: IoRedisClient): Send {
  return ([command = '', ...args]) => client.call(command, args);
}

function hasKeyPrefix(client: object): boolean {
  const options = 'options' in client ? client.options : undefined;
  return typeof options === 'object' && options !== null && 'keyPrefix' in options && Boolean(options.keyPrefix);
}

function unusable(client: unknown): SpamdSyncError {
  const what = 'client: not a client of redis (node-redis) or ioredis; install one of them and connect it';
  return new SpamdSyncError('ERR_SPAMD_OPTION', `${what}: ${shown(client)}`);
}
