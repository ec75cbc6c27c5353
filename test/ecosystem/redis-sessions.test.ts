import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connect } from '@turnout/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startRedis } from '@turnout/test-kit/daemon';
import { requireSystemPart } from '@turnout/test-kit/system-part';

const redisPath = requireSystemPart('redis-server');
const script = fileURLToPath(new URL('./session-server.ts', import.meta.url));

async function startServer(redisPort: number): Promise<string> {
  const child = fork(script, [String(redisPort)], {
    execArgv: ['--conditions=@turnout/source', '--import', 'tsx'],
  });
  onTestFinished(async () => {
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  });
  const [port] = (await once(child, 'message')) as [number];
  return `127.0.0.1:${port}`;
}

describe.skipIf(redisPath === undefined)('sessions in Redis, over two processes', () => {
  test('a log-out on one closes the socket on the other, and nothing is handled afterwards', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const [here, there] = await Promise.all([startServer(redis.port), startServer(redis.port)]);
    const cookie = (await fetch(`http://${here}/login`)).headers.get('set-cookie')!.split(';', 1)[0]!;
    const headers = { Cookie: cookie };
    const sockets = await Promise.all([here, there].map((host) => connect(`ws://${host}/me`, { headers })));
    for (const socket of sockets) {
      socket.send('hello');
      expect(await socket.receive()).toBe('ann said hello');
    }
    await fetch(`http://${here}/logout`, { headers });
    expect(await sockets[0]!.closed).toMatchObject({ code: 3000, reason: 'Session ended' });
    expect(await sockets[1]!.closed).toMatchObject({ code: 3000, reason: 'Session ended' });
    const stranger = await connect(`ws://${there}/me`, { headers });
    stranger.send('again');
    expect(await stranger.receive()).toBe('undefined said again');
    stranger.terminate();
  });

  test('a log-out on one refuses an upgrade that waits in the middleware of the other', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const [here, there] = await Promise.all([startServer(redis.port), startServer(redis.port)]);
    const cookie = (await fetch(`http://${here}/login`)).headers.get('set-cookie')!.split(';', 1)[0]!;
    const headers = { Cookie: cookie };
    const refused = connect(`ws://${there}/held`, { headers }).catch((error: unknown) => error);
    await expect.poll(async () => (await fetch(`http://${there}/held-count`)).json()).toBe(1);
    await fetch(`http://${here}/logout`, { headers });
    await fetch(`http://${there}/release`);
    expect(await refused).toMatchObject({ status: 401 });
  });
});
