// The client of examples/python-client, with Debian's packages, and a real server.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startRedis, type Daemon } from '@turnout/test-kit/daemon';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { Followed } from './followed.ts';
import { Scene } from './scene.ts';

const isSkipped = ['python3', 'python3-websockets'].map(requireSystemPart).includes(undefined);

async function startScene(daemon?: Daemon): Promise<Scene> {
  const scene = await Scene.start(daemon);
  onTestFinished(() => scene.stop());
  return scene;
}

function start(scene: Scene, path: string, topics: readonly string[]): Followed {
  const followed = new Followed(`${scene.origin}${path}?id=python`, topics);
  onTestFinished(() => followed.stop());
  return followed;
}

/** Resolves once it is subscribed. */
async function follow(scene: Scene, ...topics: readonly string[]): Promise<Followed> {
  const followed = start(scene, '/live', topics);
  await untilSubscribed(scene, topics);
  return followed;
}

const untilSubscribed = (scene: Scene, topics: readonly string[]) =>
  expect.poll(() => topics.map((name) => scene.topic(name)?.size)).toEqual(topics.map(() => 1));

describe.skipIf(isSkipped)('the client in Python', () => {
  test('receives what is published, and ignores messages of the application', async () => {
    const scene = await startScene();
    const followed = await follow(scene, 'votes', 'chat');
    for (const other of ['hello', '7', '{"topic":["votes"],"data":1}', '{"topic":"other","data":1}', '{"pong":true}']) {
      scene.served('python')?.send(other);
    }
    scene.served('python')?.send('{"topic":"votes","news":1}');
    scene.served('python')?.send('{"topic":"chat","offset":0,"data":"had already"}');
    await scene.topic('votes')?.publish('{"option":"ä"}');
    await scene.topic('votes')?.publish('null');
    await scene.topic('votes')?.publish(Buffer.from([0, 255]));
    await scene.topic('chat')?.publish('"one"');
    await expect
      .poll(() => followed.said)
      .toEqual([
        { topic: 'votes', message: { option: 'ä' } },
        { topic: 'votes', message: null },
        { topic: 'votes', message: [0, 255] },
        { topic: 'chat', message: 'one' },
      ]);
  });

  test('resumes a history, and reports missed messages of a topic without one', async () => {
    const scene = await startScene();
    const followed = await follow(scene, 'chat', 'votes');
    const chat = scene.topic('chat')!;
    for (let round = 0; round < 2; round++) {
      await chat.publish(String(round * 3));
      await expect.poll(() => followed.of('chat', 'message')).toHaveLength(round * 3 + 1);
      await scene.cut('python');
      await Promise.all([chat.publish(String(round * 3 + 1)), chat.publish(String(round * 3 + 2))]);
      await untilSubscribed(scene, ['chat', 'votes']);
    }
    await expect.poll(() => followed.of('chat', 'message')).toEqual([0, 1, 2, 3, 4, 5]);
    expect(followed.of('chat', 'missed')).toEqual([]);
    await expect.poll(() => followed.of('votes', 'missed')).toContain(true);
  });

  test('reports once that missed messages are no longer kept, and continues', async () => {
    const scene = await startScene();
    const chat = scene.topic('chat')!;
    for (const message of ['1', '2', '3', '4']) await chat.publish(message);
    const followed = await follow(scene, 'chat');
    await expect.poll(() => followed.of('chat', 'message')).toEqual([2, 3, 4]);
    await scene.cut('python');
    await Promise.all(['5', '6', '7', '8'].map((message) => chat.publish(message)));
    await expect.poll(() => followed.of('chat', 'missed')).toEqual([true]);
    await chat.publish('9');
    await expect.poll(() => followed.of('chat', 'message')).toEqual([2, 3, 4, 9]);
  });

  test('keeps a long list of people, also after it reconnects', async () => {
    const scene = await startScene();
    for (let number = 1; number <= 260; number++) await scene.join(`p${number}`, 'lobby');
    const followed = start(scene, '/live', ['lobby']);
    await expect.poll(() => followed.people('lobby')).toContain('python');
    // It is not shown before it is complete.
    expect(Object.keys(Object(followed.of('lobby', 'people')[0]) as object)).toHaveLength(261);
    await scene.leave('p7');
    await scene.join('ann', 'lobby', '{"name":"Ann"}');
    await expect.poll(() => Object(followed.of('lobby', 'people').at(-1))).toMatchObject({ ann: { name: 'Ann' } });
    expect(followed.people('lobby')).toHaveLength(261);
    expect(followed.people('lobby')).not.toContain('p7');
    await scene.cut('python');
    await scene.leave('p8');
    await expect.poll(() => followed.people('lobby')).not.toContain('p8');
    await expect.poll(() => followed.people('lobby')).toHaveLength(260);
  });

  test('receives the number of people, and refusals', async () => {
    const scene = await startScene();
    const followed = start(scene, '/live', ['secret', 'stadium']);
    await expect
      .poll(() => followed.said)
      .toEqual([
        { topic: 'secret', refused: 'Not allowed' },
        { topic: 'stadium', count: 1 },
      ]);
    await scene.join('ann', 'stadium');
    await expect.poll(() => followed.of('stadium', 'count')).toEqual([1, 2]);
  });

  test('does not reconnect if that is pointless', async () => {
    const scene = await startScene();
    const nowhere = start(scene, '/nowhere', ['votes']);
    await expect.poll(() => nowhere.said).toEqual([{ ended: 404 }]);
    const followed = await follow(scene, 'votes');
    scene.served('python')?.close(3000, 'Session ended');
    await expect.poll(() => followed.said).toEqual([{ ended: 3000 }]);
  });

  test('waits as long as an overloaded server says, and reconnects', async () => {
    const upgrades: number[] = [];
    const server = createServer().on('upgrade', (_, duplex) => {
      upgrades.push(performance.now());
      // The client may be stopped before it has read the answer.
      duplex.on('error', () => {});
      duplex.end('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const followed = new Followed(`ws://127.0.0.1:${port}/`, ['votes']);
    onTestFinished(() => followed.stop());
    await expect.poll(() => upgrades.length).toBe(2);
    // Never sooner, but later on a slow machine.
    expect(upgrades[1]! - upgrades[0]!).toBeGreaterThanOrEqual(2_900);
  });

  test('reconnects after any other close', async () => {
    const scene = await startScene();
    await follow(scene, 'votes');
    for (const code of [1001, 1011, 1012, 4001]) {
      const served = scene.served('python');
      served?.close(code);
      await served?.closed;
      await untilSubscribed(scene, ['votes']);
    }
  });
});

const hasRedis = requireSystemPart('redis-server') !== undefined;

describe.skipIf(isSkipped || !hasRedis)('the client in Python, while its server has no broker,', () => {
  test('receives gaps, and continues in the new history', async () => {
    const daemon = await startRedis();
    onTestFinished(() => daemon.stop());
    const scene = await startScene(daemon);
    const followed = await follow(scene, 'votes', 'chat');
    await scene.topic('chat')?.publish('1');
    await expect.poll(() => followed.of('chat', 'message')).toEqual([1]);
    await scene.loseBroker();
    await scene.restoreBroker(true);
    await expect.poll(() => followed.of('votes', 'missed')).toEqual([true]);
    await expect.poll(() => followed.of('chat', 'missed')).toEqual([true]);
    await scene.topic('chat')?.publish('2');
    await expect.poll(() => followed.of('chat', 'message')).toEqual([1, 2]);
    await scene.cut('python');
    for (const message of ['3', '4']) await scene.topic('chat')?.publish(message);
    await expect.poll(() => followed.of('chat', 'message')).toEqual([1, 2, 3, 4]);
  });

  test('follows a history into another epoch, and misses nothing', async () => {
    const daemon = await startRedis();
    onTestFinished(() => daemon.stop());
    const scene = await startScene(daemon);
    const followed = await follow(scene, 'chat');
    const chat = scene.topic('chat');
    await chat?.publish('1');
    await scene.loseBroker();
    await scene.restoreBroker(false);
    await chat?.publish('2');
    await expect.poll(() => followed.of('chat', 'message')).toEqual([1, 2]);
    await scene.cut('python');
    await chat?.publish('3');
    await expect.poll(() => followed.of('chat', 'message')).toEqual([1, 2, 3]);
    expect(followed.of('chat', 'missed')).toEqual([]);
  });
});
