import { brokerContract } from '@turnout/testing/broker-contract';
import { setImmediate } from 'node:timers/promises';
import { MemoryBroker, MemoryBus, type Broker } from '@turnout/topics/broker';
import { describe, expect, test } from 'vitest';

const bus = new MemoryBus();

describe('the broker of one process', () => {
  const memory = { name: 'memory', connect: async () => new MemoryBroker(bus) };
  for (const { name, run } of brokerContract(memory, { timeout: 30_000 })) test(`${name}`, run);
});

/** A broker that works but for what `fault` makes of its methods. */
type Fault = (broker: MemoryBroker, shared: MemoryBus) => Partial<Broker>;

// A suite that never fails proves nothing: each broker has one fault, and one case has to find it.
const faults: readonly { fault: string; by: string; make: Fault }[] = [
  {
    fault: 'loses messages',
    by: 'what one node publishes arrives in order, and all of it once',
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
    fault: 'goes on with a topic that was left',
    by: 'of two receivers of one topic the newer counts, and none after leave()',
    make: () => ({ leave: async () => {} }),
  },
  {
    fault: 'reaches a topic by a longer name',
    by: 'no other topic is reached by the name "a.b.>"',
    make: (broker) => ({
      publish: (topic, message) => broker.publish({ ...topic, name: topic.name.split('.')[0] ?? '' }, message),
    }),
  },
  {
    fault: 'keeps less than it is told',
    by: 'all that is kept is there for a client that asks for the oldest',
    make: (broker) => ({
      read: async (topic, since) => {
        const { position, messages } = await broker.read(topic, since);
        return { position, messages: messages.slice(-10) };
      },
    }),
  },
  {
    fault: 'keeps messages for ever',
    by: 'messages live no longer than the ttl',
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
    fault: 'gives each node an epoch of its own',
    by: 'each message has its place, and a client that comes back gets what it has missed',
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
    fault: 'joins later than it says',
    by: 'a node that leaves a topic gets no more of it, and all again when it comes back',
    make: (broker) => ({
      join: async (joins) => void setTimeout(() => void broker.join(joins), 100),
    }),
  },
  {
    fault: 'loses what hubs tell each other',
    by: 'a node that comes later learns who was there before',
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
        // As over a network: a hub that asks again and again must leave time to others.
        return Object.assign(broker, others, {
          read: async (...args: Parameters<Broker['read']>) => (await setImmediate(), read(...args)),
        });
      },
    };
    const found = brokerContract(faulty, { timeout: 1_000 }).find(({ name }) => name === `faulty: ${by}`);
    await expect(found?.run()).rejects.toMatchObject({ name: 'AssertionError' });
  });

  test('refuses a wrong option', () => {
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
