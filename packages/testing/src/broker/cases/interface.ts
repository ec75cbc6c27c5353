import { deepStrictEqual, rejects, strictEqual } from 'node:assert';
import type { Broker, BrokerTopic, BusMessage } from '@turnout/topics/broker';
import type { BrokerCases, BrokerStage } from '../broker-stage.ts';

async function startBroker(stage: BrokerStage): Promise<Broker> {
  const broker = await stage.connect();
  broker.start({ onLost() {}, onRestored() {}, onForeign() {}, onRefused() {} });
  return broker;
}

function message(data: string, sequence: number): BusMessage {
  return { origin: 'contract', sequence, key: '', data };
}

/** What a hub relies on, invisible to its users. */
export const interfaceCases: BrokerCases = {
  async 'of two receivers of one topic only the newer is called, and none after leave()'(stage) {
    const broker = await startBroker(stage);
    const topic: BrokerTopic = { name: stage.newName(), history: null };
    const received: string[] = [];
    const joinAs = (who: string): Promise<void> =>
      broker.join([{ topic, receiver: ({ data }) => void received.push(`${who} ${String(data)}`) }]);
    await joinAs('older');
    await joinAs('newer');
    await broker.publish(topic, message('1', 1));
    await broker.tell(topic, message('2', 2));
    await stage.eventually(() => received, ['newer 1', 'newer 2']);
    await broker.leave([topic]);
    await broker.publish(topic, message('3', 3));
    await joinAs('again');
    await broker.publish(topic, message('4', 4));
    await stage.eventually(() => received, ['newer 1', 'newer 2', 'again 4']);
  },

  async 'read() returns the messages after an offset, or only the position'(stage) {
    const broker = await startBroker(stage);
    const topic: BrokerTopic = { name: stage.newName(), history: { size: 2, ttl: 60_000 } };
    await broker.join([{ topic, receiver() {} }]);
    const offsetsSince = async (since: number): Promise<number[]> =>
      (await broker.read(topic, since)).messages.map(({ offset }) => offset);
    const { epoch } = (await broker.read(topic, Infinity)).position;
    for (const index of [1, 2, 3]) await broker.publish(topic, message(String(index), index));
    deepStrictEqual(await broker.read(topic, Infinity), { position: { epoch, offset: 3 }, messages: [] });
    deepStrictEqual(await offsetsSince(2), [3]);
    deepStrictEqual(await offsetsSince(3), []);
    // Nothing is kept of the first.
    deepStrictEqual(await offsetsSince(0), [2, 3]);
  },

  async 'a closed hub rejects with TOPIC_ERR_CLOSED'(stage) {
    const { hub } = await stage.startNode();
    const topic = hub.topic(stage.newName(), { history: true });
    await hub.close();
    await rejects(topic.publish('1'), { name: 'TopicError', code: 'TOPIC_ERR_CLOSED' });
    strictEqual(topic.size, 0);
  },
};
