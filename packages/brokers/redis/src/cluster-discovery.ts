import { ClusterSlots, hostOf } from './cluster-slots.ts';
import { askOnce } from './redis-connection.ts';
import { isRefusal, messageOf } from './redis-errors.ts';
import type { ClientOptions, RedisBrokerOptions } from './redis-options.ts';
import type { RedisServer } from './redis-server.ts';

export type ClusterOptions = NonNullable<RedisBrokerOptions['cluster']>;

/** Asks the root nodes, one after another, which master has which slot. */
export async function discover(options: ClusterOptions, signal: AbortSignal): Promise<ClusterSlots> {
  let failure: unknown = new TypeError('Invalid cluster: expected one or more rootNodes, got none');
  const start = Math.floor(Math.random() * options.rootNodes.length);
  for (const root of [...options.rootNodes.slice(start), ...options.rootNodes.slice(0, start)]) {
    try {
      const node = withDefaults(root, options);
      // oxlint-disable-next-line no-await-in-loop -- the next where this one is not there
      const answer = await askOnce(node, ['CLUSTER', 'SLOTS'], signal);
      return ClusterSlots.parse(answer, hostOfOptions(node));
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** How to connect to a master. */
export function optionsOf(address: string, options: ClusterOptions): ClientOptions {
  const { nodeAddressMap: map } = options;
  const mapped = typeof map === 'function' ? map(address) : map?.[address];
  const socket = mapped ?? { host: hostOf(address), port: Number(address.slice(address.lastIndexOf(':') + 1)) };
  return withDefaults({ socket }, options);
}

function withDefaults(node: ClientOptions, { defaults }: ClusterOptions): ClientOptions {
  const socket = { ...(defaults?.socket as object), ...(node.socket as object) };
  return { ...defaults, ...node, socket } as ClientOptions;
}

function hostOfOptions({ url, socket }: ClientOptions): string {
  return url === undefined
    ? String((socket as { host?: string } | undefined)?.host ?? '127.0.0.1')
    : new URL(url).hostname;
}

/** Whether a server supports sharded channels (Redis 7 and later). */
export async function hasShardedChannels(server: RedisServer): Promise<boolean> {
  try {
    await server.send(['SPUBLISH', server.names.probe, '']);
    return true;
  } catch (error) {
    const message = messageOf(error);
    if (/unknown command/i.test(message)) return false;
    if (isRefusal(error) || message.startsWith('MOVED')) return true;
    throw error;
  }
}
