import { connectRedis } from '@turnout/redis';
import { createSentinel } from 'redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../tools/ports.mjs';
import { SentinelSite } from '@turnout/test-kit/redis-servers';
import { requireSystemPart } from '@turnout/test-kit/system-part';

const isMissing = requireSystemPart('redis-server') === undefined;
const pongTimeout = 1_500;

describe.skipIf(isMissing)("the reason why a node cannot use Sentinel's master is reported:", () => {
  let site: SentinelSite;
  beforeAll(async () => {
    site = await SentinelSite.start({ replicas: 0 });
  });
  afterAll(() => site.stop());

  const rootNodes = () => [{ host: '127.0.0.1', port: site.sentinelPort }];
  const wrong = { username: 'nobody', password: 'wrong' };

  test('no Sentinel can be reached', async () => {
    const port = await freePort();
    const sentinel = { name: 'main', sentinelRootNodes: [{ host: '127.0.0.1', port }] };
    await expect(connectRedis({ sentinel, pongTimeout })).rejects.toThrow(`ECONNREFUSED 127.0.0.1:${port}`);
    await expect(connectRedis({ duplicateOf: createSentinel(sentinel), pongTimeout })).rejects.toThrow('ECONNREFUSED');
  });

  test('Sentinel does not know the name of the master', async () => {
    const sentinel = { name: 'another', sentinelRootNodes: rootNodes() };
    await expect(connectRedis({ sentinel, pongTimeout })).rejects.toThrow('No such master with that name');
  });

  test('the master does not accept the password', async () => {
    const sentinel = { name: 'main', sentinelRootNodes: rootNodes(), nodeClientOptions: wrong };
    await expect(connectRedis({ sentinel, pongTimeout })).rejects.toThrow('WRONGPASS');
  });

  test('no Sentinel accepts the password', async () => {
    const sentinel = { name: 'main', sentinelRootNodes: rootNodes(), sentinelClientOptions: wrong };
    await expect(connectRedis({ sentinel, pongTimeout })).rejects.toThrow('WRONGPASS');
  });

  test('the master is down', async () => {
    const [master] = site.servers;
    await master!.kill();
    const sentinel = { name: 'main', sentinelRootNodes: rootNodes() };
    await expect(connectRedis({ sentinel, pongTimeout })).rejects.toThrow(
      /^Sentinel gives no master: (connect ECONNREFUSED|no valid master node)/,
    );
  });
});
