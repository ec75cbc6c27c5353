import { setImmediate as nextTurn } from 'node:timers/promises';
import { connectNats } from '@turnout/nats';
import type { Broker, BrokerTopic, BusMessage, Join } from '@turnout/topics';
import { describe, expect, onTestFinished, test } from 'vitest';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { NatsSite } from './nats-site.ts';

const plain: BrokerTopic = { name: 'plain', history: null };
const kept: BrokerTopic = { name: 'kept', history: { size: 10, ttl: 60_000 } };

/** A broker without a hub, and the errors of its calls. */
async function connectTo(site: NatsSite): Promise<{ broker: Broker; lost: Promise<void>; failures: Set<string> }> {
  const broker = await connectNats({ servers: site.address, timeout: 10_000, maxPendingMessages: 100_000 });
  onTestFinished(() => broker.close());
  const lost = new Promise<void>((resolve) => {
    broker.start({ onLost: () => resolve(), onRestored: () => {}, onForeign: () => {}, onRefused: () => {} });
  });
  return { broker, lost, failures: new Set() };
}

const message = (sequence: number): BusMessage => ({ origin: 'x.0', sequence, key: '', data: '1' });
const roomOf = (count: number, { history }: BrokerTopic): Join => ({
  topic: { name: `room ${count}`, history },
  receiver: () => {},
});

const calls: readonly [string, boolean, (broker: Broker, count: number) => Promise<unknown>][] = [
  ['publish', true, (broker, count) => broker.publish(plain, message(count))],
  ['publish without JetStream', false, (broker, count) => broker.publish(plain, message(count))],
  ['publish on many topics', false, (broker, count) => broker.publish(roomOf(count, plain).topic, message(count))],
  ['tell', true, (broker, count) => broker.tell(plain, message(count))],
  ['publish to a history', true, (broker, count) => broker.publish(kept, message(count))],
  ['publish to many histories', true, (broker, count) => broker.publish(roomOf(count, kept).topic, message(count))],
  ['read a history', true, (broker) => broker.read(kept, 0)],
  ['join', true, (broker, count) => broker.join([roomOf(count, plain)])],
  ['join with history', true, (broker, count) => broker.join([roomOf(count, kept)])],
];

describe.skipIf(requireSystemPart('nats-server') === undefined)('calls of NATS that a broken connection ends', () => {
  test.each(calls)('reject with the loss: %s', async (_name, hasJetStream, call) => {
    const site = await NatsSite.start({ hasJetStream });
    for (let round = 0; round < 2; round++) {
      const { broker, lost, failures } = await connectTo(site);
      const ended: Promise<void>[] = [];
      let isOver = false;
      void lost.then(() => (isOver = true));
      await call(broker, 1);
      const killed = site.daemon.kill();
      for (let count = 2; !isOver; count++) {
        ended.push(
          call(broker, count).then(
            () => {},
            ({ code, message: text }) => void failures.add(`${code} ${text}`),
          ),
        );
        await nextTurn();
      }
      await Promise.all([killed, ...ended]);
      expect([...failures]).toEqual(['TOPIC_ERR_BROKER_LOST NATS cannot be reached']);
      await site.daemon.resume();
    }
  });
});
