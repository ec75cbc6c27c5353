import { createServer } from 'node:http';
import { createRouter } from '@turnout/router';
import { connectTo } from '@turnout/testing';
import { brokerContract } from '@turnout/testing/broker-contract';
import { createHub } from '@turnout/topics';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { drivers, type BrokerSite } from './drivers.ts';

describe.each(drivers.filter(({ isThere }) => isThere))('topics over $name', ({ name: driver, start }) => {
  let site: BrokerSite;
  beforeAll(async () => {
    site = await start();
  });
  afterAll(() => site.stop());

  const broker = { name: driver, connect: () => site.connect() };
  // An overloaded machine must not fail a case.
  for (const { name, run } of brokerContract(broker, { timeout: 50_000 })) test(`${name}`, run);

  test('a user is disconnected on every node', async () => {
    const hubs = await Promise.all([1, 2].map(async () => createHub({ broker: await site.connect() })));
    onTestFinished(async () => void (await Promise.all(hubs.map((hub) => hub.close()))));
    const user = ({ url }: { url?: string }): string | undefined => url?.split('?')[1];
    const routers = hubs.map((hub) => createRouter({ user, hub }));
    const clients = await Promise.all(
      routers.map((router) => {
        const server = createServer();
        router.ws('/', () => {});
        router.attach(server);
        return connectTo(server, '/?ann');
      }),
    );
    expect(clients.map(({ socket }) => socket.readyState)).toEqual([1, 1]);
    await expect
      .poll(async () => {
        await routers[0]?.disconnectUser('ann');
        return routers[1]?.sockets.size;
      })
      .toBe(0);
    for (const client of clients) await client.expectClose(3000, 'Disconnected');
  });
});
