import { ClusterSlots, hostOf } from './cluster-slots.ts';
import { firstAnswer } from './first-answer.ts';
import { mappedAddress } from './mapped-address.ts';
import { isRefusal, messageOf } from './redis-errors.ts';
import type { ClientOptions, RedisBrokerOptions } from './redis-options.ts';
import type { RedisServer } from './redis-server.ts';

export type ClusterOptions = NonNullable<RedisBrokerOptions['cluster']>;

/** Asks the root nodes which master has which slot. */
export async function discover(options: ClusterOptions, signal: AbortSignal): Promise<ClusterSlots> {
  const nodes = options.rootNodes.map((root) => withDefaults(root, options));
  if (nodes.length === 0) throw new TypeError('Invalid cluster: expected one or more rootNodes, got none');
  const { index, answer } = await firstAnswer(nodes, ['CLUSTER', 'SLOTS'], signal);
  return ClusterSlots.parse(answer, hostOfOptions(nodes[index] ?? {}));
}

/** How to connect to a master. */
export function optionsOf(address: string, options: ClusterOptions): ClientOptions {
  const mapped = mappedAddress(address, options.nodeAddressMap);
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
