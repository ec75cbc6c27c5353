import { connect as connectTo } from '@nats-io/transport-node';
import { MemoryBroker, MemoryBus, type Broker } from '@turnout/topics';
import { createClient } from 'redis';
import { connectNatsBy, connectRedisBy, type Patience } from './connect-brokers.ts';
import { startNats, startRedis, type BrokerLimits, type Daemon } from '@turnout/test-kit/daemon';
import { requireSystemPart } from '@turnout/test-kit/system-part';

/** A broker's server, or this process, started by a test. */
export interface BrokerSite {
  /** Connects as a node does. */
  connect(): Promise<Broker>;
  /** Connects through a proxy that can be cut. */
  connectBy(port: number, patience: Patience): Promise<Broker>;
  /** Writes foreign messages to the bus; undefined for this process. */
  write(topic: 'plain' | 'kept', bytes: readonly Buffer[]): Promise<void>;
  /** Stores foreign messages in the history of `kept`. */
  poison(): Promise<void>;
  /** The number of subscribed channels or subjects. */
  subscriptions(): Promise<number>;
  /** Undefined for this process. */
  readonly daemon: Daemon | undefined;
  stop(): Promise<void>;
}

export interface Driver {
  readonly name: string;
  /** Whether its server is installed, or must be skipped. */
  readonly isThere: boolean;
  readonly start: (limits?: BrokerLimits) => Promise<BrokerSite>;
}

const memory: Driver = {
  name: 'memory',
  isThere: true,
  async start() {
    const bus = new MemoryBus();
    const connect = async (): Promise<Broker> => new MemoryBroker(bus);
    return {
      connect,
      connectBy: connect,
      write: async () => {},
      poison: async () => {},
      subscriptions: async () => 0,
      daemon: undefined,
      stop: async () => {},
    };
  },
};

type Access = Pick<BrokerSite, 'connectBy' | 'write' | 'poison' | 'subscriptions'>;

function site(daemon: Daemon, access: Access): BrokerSite {
  return { connect: () => access.connectBy(daemon.port, 'patient'), ...access, daemon, stop: () => daemon.stop() };
}

const createRedisClient = (port: number) => createClient({ url: `redis://127.0.0.1:${port}` });

function redisAccess(daemon: Daemon): Access {
  const using = async <Value>(
    use: (client: ReturnType<typeof createRedisClient>) => Promise<Value>,
  ): Promise<Value> => {
    const client = createRedisClient(daemon.port);
    await client.connect();
    const value = await use(client);
    client.destroy();
    return value;
  };
  const channels = { plain: 'turnout:0:topic:plain', kept: 'turnout:0:{history:kept}' };
  return {
    connectBy: connectRedisBy,
    write: (topic, all) =>
      using(async (client) => {
        for (const bytes of all) await client.publish(channels[topic], bytes);
      }),
    poison: () =>
      using(async (client) => {
        const offset = await client.hIncrBy('turnout:0:{history:kept}:position', 'offset', 1);
        const entry = { at: String(Date.now()), message: 'poison' };
        await client.xAdd('turnout:0:{history:kept}:stream', `${offset}-0`, entry);
      }),
    subscriptions: () => using(async (client) => (await client.pubSubChannels()).length),
  };
}

function natsAccess(daemon: Daemon): Access {
  return {
    connectBy: connectNatsBy,
    async write(topic, all) {
      const connection = await connectTo({ servers: `127.0.0.1:${daemon.port}` });
      for (const bytes of all) connection.publish(`turnout.live.node.${topic}`, bytes);
      await connection.drain();
    },
    async poison() {
      const connection = await connectTo({ servers: `127.0.0.1:${daemon.port}` });
      connection.publish('turnout.store.node.kept', 'poison');
      await connection.drain();
    },
    async subscriptions() {
      const answer = await fetch(`http://127.0.0.1:${daemon.place.spare}/subsz?subs=1&limit=10000`);
      const { subscriptions_list: list } = (await answer.json()) as { subscriptions_list: { subject: string }[] };
      return list.filter(({ subject }) => subject.startsWith('turnout.live.')).length;
    },
  };
}

const redis: Driver = {
  name: 'Redis',
  isThere: requireSystemPart('redis-server') !== undefined,
  async start(limits) {
    const daemon = await startRedis(limits);
    return site(daemon, redisAccess(daemon));
  },
};

const nats: Driver = {
  name: 'NATS',
  isThere: requireSystemPart('nats-server') !== undefined,
  async start(limits) {
    const daemon = await startNats(limits);
    return site(daemon, natsAccess(daemon));
  },
};

export const drivers: readonly Driver[] = [memory, redis, nats];
export const servedDrivers: readonly Driver[] = [redis, nats];
