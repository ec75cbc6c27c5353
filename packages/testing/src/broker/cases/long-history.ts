import { deepStrictEqual, strictEqual } from 'node:assert';
import { setImmediate } from 'node:timers/promises';
import type { Topic, TopicOptions } from '@turnout/topics';
import type { BrokerCases } from '../broker-stage.ts';
import { epochOf } from './epoch-of.ts';
import { range } from './range.ts';

/** Histories of many messages, and of many publishers. */
export const longHistoryCases: BrokerCases = {
  async 'a long history arrives completely'(stage) {
    const name = stage.newName();
    const long: TopicOptions = { history: { size: 700, ttl: 60_000 } };
    const [here, there] = await stage.startTwo();
    const text = 'x'.repeat(8_192);
    // More bytes and messages than a server returns in one answer.
    for (const index of range(710)) await here.hub.topic(name, long).publish(JSON.stringify({ index, text }));
    const subscriber = stage.open();
    const received = subscriber.collect();
    await there.hub.topic(name, long).subscribe(subscriber.socket, { since: 'oldest' });
    await stage.eventually(() => received.data.length, 700);
    deepStrictEqual(
      received.offsets,
      range(700).map((index) => index + 11),
    );
  },

  async 'between history and live messages nothing is lost or duplicated, while three nodes publish'(stage) {
    const name = stage.newName();
    const wide: TopicOptions = { history: { size: 5_000, ttl: 60_000 } };
    const topics = (await stage.startThree()).map(({ hub }) => hub.topic(name, wide));
    const publishing = startPublishing(topics);
    const data: unknown[] = [];
    const offsets: number[] = [];
    let since: { epoch: string; offset: number } | 'oldest' = 'oldest';
    const rounds = range(5).flatMap(() => topics);
    for (const [round, topic] of rounds.entries()) {
      const subscriber = stage.open();
      const received = subscriber.collect();
      const begun = await topic.subscribe(subscriber.socket, { since });
      strictEqual(begun?.recovered, true);
      await stage.eventually(() => received.data.length > 20, true);
      if (round === rounds.length - 1) {
        const published = await publishing.stop();
        await stage.eventually(() => received.data.length + data.length, published);
      }
      subscriber.socket.terminate();
      data.push(...received.data);
      offsets.push(...received.offsets);
      since = { epoch: epochOf(begun), offset: offsets.at(-1) ?? 0 };
    }
    const places = range(offsets.length).map((index) => index + 1);
    deepStrictEqual(offsets, places);
    deepStrictEqual(new Set(data), new Set(range(places.length)));
  },
};

/** Publishes consecutive numbers over all topics until it is stopped. */
function startPublishing(topics: readonly Topic[]): { readonly stop: () => Promise<number> } {
  let isPublishing = true;
  let count = 0;
  const loops = topics.map(async (topic) => {
    while (isPublishing) {
      await topic.publish(String(count++));
      // A broker in this process answers immediately, and would leave no time to others.
      await setImmediate();
    }
  });
  return {
    async stop() {
      isPublishing = false;
      await Promise.all(loops);
      return count;
    },
  };
}
