import { brokerContract } from '@turnout/testing/broker-contract';
import { setImmediate } from 'node:timers/promises';
import { MemoryBroker, MemoryBus, type Broker } from '@turnout/topics/broker';
import { describe, expect, test } from 'vitest';

const bus = new MemoryBus();

describe('the broker of one process', () => {
  const memory = { name: 'memory', connect: async () => new MemoryBroker(bus) };
  for (const { name, run } of brokerContract(memory, { timeout: 30_000 })) test(`${name}`, run);
});

/** A broker that works except for the methods that `fault` replaces. */
type Fault = (broker: MemoryBroker, shared: MemoryBus) => Partial<Broker>;

// A suite that never fails proves nothing: each broker has one fault, and one case must find it.
const faults: readonly { fault: string; by: string; make: Fault }[] = [
  {
    fault: 'loses messages',
    by: 'messages of one node all arrive, in order and once',
    make: (broker) => ({
      publish: async (topic, message) => {
        if (message.sequence % 10 !== 0) await broker.publish(topic, message);
      },
    }),
  },
  {
    fault: 'reads bytes as text',
    by: 'text and bytes reach the subscribers of every node',
    make: (broker) => ({
      publish: (topic, message) => broker.publish(topic, { ...message, data: String(message.data) }),
    }),
  },
  {
    fault: 'continues to deliver a topic that was left',
    by: 'of two receivers of one topic only the newer is called, and none after leave()',
    make: () => ({ leave: async () => {} }),
  },
  {
    fault: 'confuses a topic with one of a longer name',
    by: 'the name "a.b.>" reaches no other topic',
    make: (broker) => ({
      publish: (topic, message) => broker.publish({ ...topic, name: topic.name.split('.')[0] ?? '' }, message),
    }),
  },
  {
    fault: "keeps fewer messages than the history's size",
    by: 'a client that asks for the oldest receives everything that is kept',
    make: (broker) => ({
      read: async (topic, since) => {
        const { position, messages } = await broker.read(topic, since);
        return { position, messages: messages.slice(-10) };
      },
    }),
  },
  {
    fault: 'keeps messages for ever',
    by: 'messages are not kept longer than the ttl',
    make: (broker, shared) => {
      const lasting = (topic: Parameters<Broker['read']>[0]) => ({
        ...topic,
        history: topic.history && { ...topic.history, ttl: 3_600_000 },
      });
      return {
        publish: async (topic, message) => shared.publish(lasting(topic), message),
        read: async (topic, since) => shared.read(lasting(topic), since),
        join: (joins) => broker.join(joins.map(({ topic, receiver }) => ({ topic: lasting(topic), receiver }))),
      };
    },
  },
  {
    fault: 'gives each node its own epoch',
    by: 'each message has its position, and a client that resumes receives what it has missed',
    make: (broker) => {
      const own = String(Math.random());
      return {
        read: async (topic, since) => {
          const { position, messages } = await broker.read(topic, since);
          return { position: { ...position, epoch: own }, messages };
        },
      };
    },
  },
  {
    fault: 'resolves join() before it has joined',
    by: 'a node that leaves a topic receives nothing from it, and everything again once it rejoins',
    make: (broker) => ({
      join: async (joins) => void setTimeout(() => void broker.join(joins), 100),
    }),
  },
  {
    fault: 'loses the messages between hubs',
    by: 'a node that starts later learns who is present',
    make: () => ({ tell: async () => {} }),
  },
];

describe('the suite', () => {
  test.each(faults)('fails a broker that $fault', async ({ by, make }) => {
    const shared = new MemoryBus();
    const faulty = {
      name: 'faulty',
      connect: async (): Promise<Broker> => {
        const broker = new MemoryBroker(shared);
        const { read = broker.read.bind(broker), ...others } = make(new MemoryBroker(shared), shared);
        // As over a network: a hub that retries must leave time to others.
        return Object.assign(broker, others, {
          read: async (...args: Parameters<Broker['read']>) => (await setImmediate(), read(...args)),
        });
      },
    };
    const found = brokerContract(faulty, { timeout: 1_000 }).find(({ name }) => name === `faulty: ${by}`);
    await expect(found?.run()).rejects.toMatchObject({ name: 'AssertionError' });
  });

  test('rejects a wrong option', () => {
    const memory = { name: 'memory', connect: async () => new MemoryBroker(bus) };
    expect(() => brokerContract(memory, { timeout: -1 })).toThrow(RangeError);
    expect(() => brokerContract(memory, { timeOut: 1 } as object)).toThrow('timeOut');
  });

  test('has a name for each case', () => {
    const names = brokerContract({ name: 'memory', connect: async () => new MemoryBroker(bus) }).map(
      ({ name }) => name,
    );
    expect(names).toEqual([...new Set(names)]);
    expect(names.length).toBeGreaterThan(25);
  });
});
