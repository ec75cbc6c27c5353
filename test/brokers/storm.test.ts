import type { TopicOptions } from '@turnout/topics';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pretendSockets } from '@turnout/test-kit/socket-server';
import { collect, TestNode, type Received } from './cluster.ts';
import { drivers, servedDrivers, type BrokerSite } from './drivers.ts';

const plain: TopicOptions = { envelope: true };
const history: TopicOptions = { history: { size: 10, ttl: 60_000 } };

let site: BrokerSite;
afterEach(() => site.stop());

const startNode = async (options = {}): Promise<TestNode> => new TestNode(await site.connect(), options);

async function listen(node: TestNode): Promise<Received> {
  const pair = await node.open();
  await node.hub.topic('news', plain).subscribe(pair.socket);
  return collect(pair);
}

describe.each(drivers.filter(({ isThere }) => isThere))('in a storm, over $name', ({ start }) => {
  beforeEach(async () => {
    site = await start();
  });

  test.each([
    ['3 of 400 kB', 3, 400_000],
    ['1,500 small ones', 1_500, 1],
  ])('the confirmed part of a burst of %s reaches all, and the rest is rejected', async (_name, count, length) => {
    const [here, there] = [await startNode(), await startNode()];
    const [own, others] = [await listen(here), await listen(there)];
    const topic = here.hub.topic('news', plain);
    const results = await Promise.allSettled(
      Array.from({ length: count }, (_, index) => topic.publish(JSON.stringify(`${index} ${'x'.repeat(length)}`))),
    );
    const confirmed = results.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'TOPIC_ERR_BACKLOG' });
      else expect(result.value).toBe(true);
    }
    for (const { data, notes } of [own, others]) {
      await expect.poll(() => data.map((text) => Number.parseInt(String(text), 10))).toEqual(confirmed);
      expect(notes.filter((note) => 'gap' in note)).toEqual([]);
    }
    expect(here.hub.counts).toEqual({ duplicates: 0, gaps: 0, foreign: 0, localOnly: 0 });
    await topic.publish('"after"');
    for (const { data } of [own, others]) await expect.poll(() => data.at(-1)).toBe('after');
  });

  test.each([
    ['', 3_000, plain],
    [' with history', 2_100, history],
  ])('all sockets that subscribe at once to separate topics%s receive', async (_name, count, options) => {
    const [here, there] = [await startNode(), await startNode()];
    const { sockets, heard } = pretendSockets(count);
    const topicOf = (node: TestNode, index: number) => node.hub.topic(`topic ${index}`, options);
    const begun = await Promise.all(sockets.map((socket, index) => topicOf(here, index).subscribe(socket)));
    expect(begun.filter((subscribed) => subscribed === null)).toEqual([]);
    for (let index = 0; index < count; index += 500) {
      const part = Array.from({ length: Math.min(500, count - index) }, (_, offset) => index + offset);
      await Promise.all(part.map((each) => topicOf(there, each).publish('1')));
    }
    // `subscribed`, and the message.
    await expect.poll(() => heard.filter((messages) => messages !== 2)).toEqual([]);
  });
});

describe.each(servedDrivers.filter(({ isThere }) => isThere))('a process whose broker $name dies', ({ start }) => {
  beforeEach(async () => {
    site = await start();
  });

  test('does not end because of a forgotten promise', async () => {
    const errors: unknown[] = [];
    const node = await startNode({ onError: (error: unknown) => errors.push(error) });
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    const lost = new Promise((resolve) => node.hub.once('lost', resolve));
    await site.daemon!.kill();
    await lost;
    void node.hub.topic('kept', history).publish('1');
    await expect.poll(() => errors).toMatchObject([{ code: 'TOPIC_ERR_BROKER_LOST' }]);
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
    await site.daemon!.resume();
  });
});
