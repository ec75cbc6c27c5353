import { deepStrictEqual, strictEqual } from 'node:assert';
import type { TopicOptions } from '@turnout/topics';
import type { BrokerCases, BrokerStage } from '../broker-stage.ts';
import { range } from './range.ts';

/** What three nodes receive when all publish at once, `[node, index]` each. */
async function publishFromAll(stage: BrokerStage, options: TopicOptions): Promise<unknown[][]> {
  const name = stage.newName();
  const topics = (await stage.startThree()).map(({ hub }) => hub.topic(name, options));
  const received = await Promise.all(
    topics.map(async (topic) => {
      const subscriber = stage.open();
      await topic.subscribe(subscriber.socket);
      return subscriber.collect();
    }),
  );
  await Promise.all(
    range(100).flatMap((index) => topics.map((topic, node) => topic.publish(JSON.stringify([node, index])))),
  );
  for (const { data } of received) await stage.eventually(() => data.length, 300);
  return received.map(({ data }) => data);
}

/** Messages arrive everywhere, once, in order, and nowhere else. */
export const deliveryCases: BrokerCases = {
  async 'text and bytes reach the subscribers of every node'(stage) {
    const name = stage.newName();
    const topics = (await stage.startThree()).map(({ hub }) => hub.topic(name));
    const subscribers = await Promise.all(
      topics.map(async (topic) => {
        const subscriber = stage.open();
        await topic.subscribe(subscriber.socket);
        return subscriber;
      }),
    );
    const topic = (await stage.startNode()).hub.topic(name);
    strictEqual(await topic.publish('wörd'), true);
    await topic.publish(Uint8Array.of(0, 255));
    for (const subscriber of subscribers) {
      await subscriber.expect('wörd');
      await subscriber.expect(Uint8Array.of(0, 255));
    }
  },

  async 'messages of one node all arrive, in order and once'(stage) {
    for (const data of await publishFromAll(stage, { envelope: true })) {
      for (const node of range(3)) {
        const own = (data as [number, number][]).filter(([from]) => from === node).map(([, index]) => index);
        deepStrictEqual(own, range(100));
      }
    }
  },

  async 'the order is the same for all nodes, whichever node publishes'(stage) {
    for (const options of [{ history: true }, { envelope: true }]) {
      const [first, ...others] = await publishFromAll(stage, options);
      for (const data of others) deepStrictEqual(data, first);
    }
  },

  async 'messages published before a hub closes arrive, and are confirmed'(stage) {
    const [here, there] = await stage.startTwo();
    const topics = [
      [stage.newName(), { envelope: true }],
      [stage.newName(), { history: true }],
    ] as const;
    const subscriber = stage.open();
    for (const [name, options] of topics) await there.hub.topic(name, options).subscribe(subscriber.socket);
    const received = subscriber.collect();
    const publishes = range(50).flatMap((index) =>
      topics.map(([name, options]) => here.hub.topic(name, options).publish(String(index))),
    );
    await here.hub.close();
    deepStrictEqual(new Set(await Promise.all(publishes)), new Set([true]));
    await stage.eventually(() => received.data.length, 100);
  },

  async 'the publisher can be excluded, on its own node'(stage) {
    const [here, there] = await stage.startTwo();
    const name = stage.newName();
    const [one, two, other] = [stage.open(), stage.open(), stage.open()];
    await here.hub.topic(name).subscribe(one.socket);
    await here.hub.topic(name).subscribe(two.socket);
    await there.hub.topic(name).subscribe(other.socket);
    await here.hub.topic(name).publish('hello', { except: one.socket });
    await here.hub.topic(name).publish('end');
    await one.expect('end');
    await two.expect('hello');
    await other.expect('hello');
  },

  async 'a node that leaves a topic receives nothing from it, and everything again once it rejoins'(stage) {
    const [here, there] = await stage.startTwo();
    const name = stage.newName();
    const subscriber = stage.open();
    for (const message of ['one', 'two', 'three']) {
      await there.hub.topic(name).subscribe(subscriber.socket);
      await here.hub.topic(name).publish(message);
      await subscriber.expect(message);
      there.hub.topic(name).unsubscribe(subscriber.socket);
      await here.hub.topic(name).publish('missed');
    }
    await subscriber.expectNothing(50);
  },

  async 'a link reaches all nodes'(stage) {
    const [here, there] = await stage.startTwo();
    const link = stage.newName();
    const told = new Set<string>();
    here.hub.link(link, (text) => told.add(`here ${text}`));
    const send = there.hub.link(link, (text) => told.add(`there ${text}`));
    await stage.eventually(async () => (await send('bye'), told), new Set(['here bye', 'there bye']));
  },
};
