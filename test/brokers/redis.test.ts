import { connectRedis } from '@turnout/redis';
import type { TopicOptions } from '@turnout/topics';
import { createClient } from 'redis';
import { expect, onTestFinished, test } from 'vitest';
import { startRedis } from '../system-parts/daemon.ts';
import { requireSystemPart } from '../system-parts/system-part.ts';
import { collect, TestNode } from './cluster.ts';

const history: TopicOptions = { history: true };

test.skipIf(requireSystemPart('redis-server') === undefined)(
  'an entry in a Stream that somebody else has written, with other fields, is passed over',
  async () => {
    const daemon = await startRedis();
    onTestFinished(() => daemon.stop());
    const url = `redis://127.0.0.1:${daemon.port}`;
    const node = new TestNode(await connectRedis({ url }));
    const topic = node.hub.topic('kept', history);
    await topic.publish('1');
    const client = createClient({ url });
    await client.connect();
    const tag = `{${Buffer.from('kept').toString('base64url')}}`;
    await client.hIncrBy(`turnout:position:${tag}`, 'offset', 1);
    await client.xAdd(`turnout:stream:${tag}`, '2-0', { temperature: '21' });
    client.destroy();
    await topic.publish('3');
    const pair = await node.open();
    const { data } = collect(pair);
    expect(await topic.subscribe(pair.socket, { since: 'oldest' })).toMatchObject({ offset: 0, recovered: true });
    await expect.poll(() => data).toEqual([1, 3]);
    expect(node.hub.counts.foreign).toBeGreaterThan(0);
  },
);
