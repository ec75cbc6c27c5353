import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectTcp, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '@turnout/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { requireSystemPart } from '../system-parts/system-part.ts';

const redisPath = requireSystemPart('redis-server');
const script = fileURLToPath(new URL('./session-server.ts', import.meta.url));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function startRedis(): Promise<number> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'turnout-redis-'));
  const parameters = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ];
  const redis = spawn(redisPath!, parameters, { stdio: 'ignore' });
  onTestFinished(async () => {
    const ended = once(redis, 'exit');
    redis.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  for (;;) {
    const probe = connectTcp(port, '127.0.0.1');
    const isUp = await Promise.race([
      once(probe, 'connect').then(() => true),
      once(probe, 'close').then(() => false),
    ]).catch(() => false);
    probe.destroy();
    if (isUp) return port;
    await delay(20);
  }
}

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
  test('a log-out on one closes the socket on the other, and nothing is handled after', async () => {
    const redisPort = await startRedis();
    const [here, there] = await Promise.all([startServer(redisPort), startServer(redisPort)]);
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
});
