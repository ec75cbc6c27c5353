import { execFile } from 'node:child_process';
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../tools/ports.mjs';
import { startNats, startRedis, type Daemon } from '@turnout/test-kit/daemon';
import { requireSystemPart } from '@turnout/test-kit/system-part';

const script = fileURLToPath(new URL('./connect-process.ts', import.meta.url));
const run = promisify(execFile);

/** The failure of a process that only connects with these options. It must end by itself. */
async function failure(kind: 'Redis' | 'NATS', options: object): Promise<unknown> {
  const program = ['--conditions=@turnout/source', '--import', 'tsx', script, kind, JSON.stringify(options)];
  const { stdout } = await run(process.execPath, program, { timeout: 20_000 });
  return JSON.parse(stdout);
}

/** A server of another kind. @returns its port */
async function serve(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function stopLater(daemon: Daemon): Daemon {
  onTestFinished(() => daemon.stop());
  return daemon;
}

const silent = (): Promise<number> => serve(() => {});
const hangingUp = (): Promise<number> => serve((socket) => socket.destroy());
const speaking = (text: string) => (): Promise<number> => serve((socket) => socket.write(text));
const info = 'INFO {"server_id":"x","version":"2.10.0","max_payload":1000,"headers":true}\r\n';

describe.skipIf(requireSystemPart('nats-server') === undefined)('a process that cannot connect to NATS', () => {
  const client = { timeout: 500 };

  test.each([
    ['nobody listens', freePort, 'connection refused'],
    ['nobody speaks', silent, 'no NATS server has answered within 500 ms'],
    ['the server hangs up', hangingUp, 'the connection was closed at once'],
    ['HTTP is spoken', speaking('HTTP/1.1 400 Bad Request\r\n\r\n'), 'what answers is not a NATS server'],
    ['a server stops after its first word', speaking(info), 'no NATS server has answered within 500 ms'],
  ] as const)('because %s says so, and ends', async (_name, open, reason) => {
    const port = await open();
    const message = `Cannot connect to NATS at 127.0.0.1:${port}: ${reason}`;
    expect(await failure('NATS', { servers: `127.0.0.1:${port}`, client })).toEqual({
      code: 'TOPIC_ERR_BROKER_LOST',
      message,
    });
  });

  test('because Redis answers says so, and ends', async () => {
    const { port } = stopLater(await startRedis());
    expect(await failure('NATS', { servers: [`127.0.0.1:${port}`], client })).toEqual({
      code: 'TOPIC_ERR_BROKER_LOST',
      message: `Cannot connect to NATS at 127.0.0.1:${port}: no NATS server has answered within 500 ms`,
    });
  });

  test('with its credentials says so, without naming them, and ends', async () => {
    const configuration = (): string => 'authorization { user: node, password: secret }\n';
    const { port } = stopLater(await startNats({ configuration }));
    for (const options of [{}, { user: 'node', pass: 'other' }]) {
      expect(await failure('NATS', { servers: `nats://a:b@127.0.0.1:${port}`, client: options })).toEqual({
        code: 'TOPIC_ERR_BROKER',
        message: `Cannot connect to NATS at 127.0.0.1:${port}: Authorization Violation`,
      });
    }
  });

  test('with its permissions says so, and ends', async () => {
    const user = '{ user: node, password: secret, permissions: { publish: "none.of.ours" } }';
    const { port } = stopLater(await startNats({ configuration: () => `authorization { users: [${user}] }\n` }));
    const options = { servers: `127.0.0.1:${port}`, client: { user: 'node', pass: 'secret' } };
    expect(await failure('NATS', options)).toMatchObject({
      code: 'TOPIC_ERR_BROKER',
      message: expect.stringContaining('NATS has refused: Permissions Violation for Publish'),
    });
  });
});

describe.skipIf(requireSystemPart('redis-server') === undefined)('a process that cannot connect to Redis', () => {
  test.each([
    ['nobody listens', freePort, 'ECONNREFUSED'],
    ['nobody speaks', silent, 'Redis has not answered within 500 ms'],
    ['somebody hangs up', hangingUp, /./],
    ['NATS is spoken', speaking(info), /./],
  ] as const)('because %s says so, and ends', async (_name, open, reason) => {
    const options = { url: `redis://127.0.0.1:${await open()}`, pongTimeout: 500 };
    const message = typeof reason === 'string' ? expect.stringContaining(reason) : expect.stringMatching(reason);
    expect(await failure('Redis', options)).toMatchObject({ message });
  });

  test('with its password says so, and ends', async () => {
    const { port } = stopLater(await startRedis());
    expect(await failure('Redis', { url: `redis://:wrong@127.0.0.1:${port}` })).toMatchObject({
      message: expect.stringMatching(/AUTH|WRONGPASS/),
    });
  });
});
