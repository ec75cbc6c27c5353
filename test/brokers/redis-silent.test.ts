import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { connectRedis } from '@turnout/redis';
import { describe, onTestFinished, test } from 'vitest';
import { ClusterSite, SentinelSite } from '@turnout/test-kit/redis-servers';
import { requireSystemPart } from '@turnout/test-kit/system-part';

/** A server that accepts connections and never answers. */
async function startSilent(): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const host = '127.0.0.1';

describe.skipIf(requireSystemPart('redis-server') === undefined)('connecting to Redis', () => {
  test('goes on with the next Sentinel if the first accepts connections and never answers', async () => {
    const site = await SentinelSite.start({ replicas: 0 });
    onTestFinished(() => site.stop());
    const sentinelRootNodes = [
      { host, port: await startSilent() },
      { host, port: await startSilent() },
      { host, port: site.sentinelPort },
    ];
    const broker = await connectRedis({ sentinel: { name: 'main', sentinelRootNodes }, pongTimeout: 2_000 });
    await broker.close();
  });

  test('looks for Sentinels where nodeAddressMap has them', async () => {
    const site = await SentinelSite.start({ replicas: 0 });
    onTestFinished(() => site.stop());
    const broker = await connectRedis({
      sentinel: {
        name: 'main',
        sentinelRootNodes: [
          { host, port: await startSilent() },
          { host: 'sentinel.example', port: 26_379 },
        ],
        nodeAddressMap: { 'sentinel.example:26379': { host, port: site.sentinelPort } },
      },
      pongTimeout: 2_000,
    });
    await broker.close();
  });

  test('goes on with the other root nodes of a Cluster if some accept connections and never answer', async () => {
    const site = await ClusterSite.start();
    onTestFinished(() => site.stop());
    const [node] = site.rootNodes;
    const silent = await Promise.all(Array.from({ length: 9 }, startSilent));
    const rootNodes = [...silent.map((port) => ({ url: `redis://${host}:${port}` })), node!];
    const broker = await connectRedis({ cluster: { rootNodes }, pongTimeout: 2_000 });
    await broker.close();
  });
});
