import { connectRedis } from '@turnout/redis';
import type { TopicOptions } from '@turnout/topics';
import { describe, expect, onTestFinished, test } from 'vitest';
import { askRedis, startRedisWith } from '@turnout/test-kit/redis-servers';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { collect, TestNode } from './cluster.ts';

const history: TopicOptions = { history: { size: 100, ttl: 60_000 }, maxQueuedBytes: 256 * 1024 * 1024 };
const channel = 'turnout:0:{history:long}';
const [count, length] = [60, 900 * 1024];

describe.skipIf(requireSystemPart('redis-server') === undefined)('long messages in Redis', () => {
  /** A node, and a server that ends every connection for calls whose answers are much longer than a page. */
  async function start(): Promise<{ node: TestNode; port: number; lost: unknown[] }> {
    const server = await startRedisWith('--client-output-buffer-limit', 'normal', '8388608', '0', '0');
    onTestFinished(() => server.stop());
    const { port } = server;
    const node = new TestNode(await connectRedis({ url: `redis://127.0.0.1:${port}`, timeout: 20_000 }));
    const lost: unknown[] = [];
    node.hub.on('lost', (error: unknown) => lost.push(error));
    return { node, port, lost };
  }

  const long = (index: number): string => JSON.stringify({ index, rest: 'x'.repeat(length) });
  const indexesOf = (data: readonly unknown[]): number[] => data.map((each) => (each as { index: number }).index);
  const all = Array.from({ length: count }, (_, index) => index);

  test.each([
    ['all of them long', () => true],
    ['a few of them long', (index: number) => index % 20 > 15],
  ])('are read from a history in pages of bytes: %s', async (_, isLong) => {
    const { node, lost } = await start();
    const topic = node.hub.topic('long', history);
    for (const index of all) await topic.publish(isLong(index) ? long(index) : JSON.stringify({ index }));
    const pair = await node.open();
    const { data } = collect(pair);
    expect(await topic.subscribe(pair.socket, { since: 'oldest' })).toMatchObject({ recovered: true });
    await expect.poll(() => data.length).toBe(count);
    expect(indexesOf(data)).toEqual(all);
    expect(lost).toEqual([]);
  });

  test('are taken out of an inbox in batches that are not too long', async () => {
    const { node, port, lost } = await start();
    const pair = await node.open();
    const { data } = collect(pair);
    for (const index of all) await askRedis(port, 'RPUSH', `${channel}:inbox`, long(index));
    await node.hub.topic('long', history).subscribe(pair.socket);
    await expect.poll(() => data.length).toBe(count);
    expect(indexesOf(data)).toEqual(all);
    expect(lost).toEqual([]);
  });

  test('stay in a history that other programs have written to', async () => {
    const { node, port, lost } = await start();
    const topic = node.hub.topic('long', history);
    for (const index of all) await topic.publish(long(index));
    for (const id of ['7-1', '30-1', '*'])
      await askRedis(port, 'XADD', `${channel}:stream`, id, 'own', '1').catch(() => {});
    await topic.publish(long(count));
    expect(node.hub.counts.foreign).toBe(1);
    expect(await askRedis(port, 'XLEN', `${channel}:stream`)).toBe(count + 1);
    expect(lost).toEqual([]);
  });
});
