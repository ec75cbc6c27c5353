import { deepStrictEqual, strictEqual } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import type { TopicOptions } from '@turnout/topics';
import type { BrokerCases } from '../broker-stage.ts';
import { epochOf } from './epoch-of.ts';
import { range } from './range.ts';

const options: TopicOptions = { history: { size: 20, ttl: 60_000 } };

/** Topics whose messages are kept. */
export const historyCases: BrokerCases = {
  async 'each message has its position, and a client that resumes receives what it has missed'(stage) {
    const name = stage.newName();
    const [here, there] = await stage.startTopics(name, options);
    const first = stage.open();
    const epoch = epochOf(await here.subscribe(first.socket));
    await first.expect({ topic: name, subscribed: { epoch, offset: 0, recovered: false } });
    for (const index of range(5)) await there.publish(JSON.stringify({ index }));
    for (const index of range(5)) await first.expect({ topic: name, offset: index + 1, data: { index } });
    const second = stage.open();
    deepStrictEqual(await there.subscribe(second.socket, { since: { epoch, offset: 2 } }), {
      epoch,
      offset: 2,
      recovered: true,
    });
    await second.next();
    for (const index of [2, 3, 4]) await second.expect({ topic: name, offset: index + 1, data: { index } });
    await here.publish('"live"');
    await second.expect({ topic: name, offset: 6, data: 'live' });
  },

  async 'bytes arrive unchanged, live and from the history'(stage) {
    const name = stage.newName();
    const [here, there] = await stage.startTopics(name, options);
    const bytes = Buffer.from(range(256));
    const [live, late] = [stage.open(), stage.open()];
    await there.subscribe(live.socket);
    await live.next();
    await here.publish(bytes);
    await here.subscribe(late.socket, { since: 'oldest' });
    await late.next();
    for (const client of [live, late]) {
      await client.expect({ topic: name, offset: 1, bytes: bytes.toString('base64') });
    }
  },

  async 'a client that has missed nothing has recovered'(stage) {
    const topic = (await stage.startNode()).hub.topic(stage.newName(), options);
    const epoch = epochOf(await topic.subscribe(stage.open().socket));
    const again = await topic.subscribe(stage.open().socket, { since: { epoch, offset: 0 } });
    strictEqual(again?.recovered, true);
  },

  async 'nothing is replayed if some of it is gone, or if the position is of another history or in the future'(stage) {
    const name = stage.newName();
    const topic = (await stage.startNode()).hub.topic(name, options);
    for (const index of range(30)) await topic.publish(String(index));
    const client = stage.open();
    const epoch = epochOf(await topic.subscribe(client.socket));
    const current = { epoch, offset: 30, recovered: false };
    await client.expect({ topic: name, subscribed: current });
    for (const since of [
      { epoch, offset: 9 },
      { epoch: 'another', offset: 29 },
      { epoch, offset: 31 },
    ]) {
      deepStrictEqual(await topic.subscribe(client.socket, { since }), current);
      await client.expect({ topic: name, subscribed: current });
    }
    const recovered = await topic.subscribe(client.socket, { since: { epoch, offset: 10 } });
    strictEqual(recovered?.recovered, true);
    await client.next();
    for (const index of range(20)) await client.expect({ topic: name, offset: index + 11, data: index + 10 });
    await client.expectNothing(10);
  },

  async 'a client that asks for the oldest receives everything that is kept'(stage) {
    const name = stage.newName();
    const [here, there] = await stage.startTopics(name, options);
    for (const index of range(25)) await here.publish(String(index));
    const client = stage.open();
    const begun = await there.subscribe(client.socket, { since: 'oldest' });
    deepStrictEqual([begun?.offset, begun?.recovered], [5, true]);
    await client.next();
    for (const index of range(20)) await client.expect({ topic: name, offset: index + 6, data: index + 5 });
  },

  async 'messages are not kept longer than the ttl'(stage) {
    const name = stage.newName();
    const brief: TopicOptions = { history: { size: 20, ttl: 150 } };
    const [here, there] = await stage.startTopics(name, brief);
    const client = stage.open();
    await here.publish('1');
    await delay(400);
    const begun = await there.subscribe(client.socket, { since: 'oldest' });
    deepStrictEqual([begun?.offset, begun?.recovered], [1, true]);
    await client.next();
    const again = await there.subscribe(client.socket, { since: { epoch: epochOf(begun), offset: 0 } });
    deepStrictEqual([again?.offset, again?.recovered], [1, false]);
  },
};
