import { WebSocket, type ErrorPhase } from '@turnout/core';
import { afterEach, expect, test, vi } from 'vitest';
import { createPair, createPipe, settle } from './socket-pair.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

interface Report {
  readonly error: unknown;
  readonly phase: ErrorPhase;
}

function pairWithHook(): ReturnType<typeof createPair> & { reports: Report[] } {
  const reports: Report[] = [];
  const pair = createPair({
    onError: (error, { phase, socket }) => {
      expect(socket).toBeInstanceOf(WebSocket);
      reports.push({ error, phase });
    },
  });
  return { ...pair, reports };
}

const failures: [string, (error: Error) => unknown][] = [
  [
    'throws',
    (error) => {
      throw error;
    },
  ],
  ['rejects', (error) => Promise.reject(error)],
];

for (const [how, fail] of failures) {
  test(`a message listener that ${how} closes with 1011 and is reported once`, async () => {
    const { server, client, reports } = pairWithHook();
    const error = new Error('mine');
    server.on('message', () => fail(error));
    client.send('x');
    expect((await client.closed).code).toBe(1011);
    expect(reports).toEqual([{ error, phase: 'message' }]);
  });

  test(`a ping and a drain listener that ${how} are reported with their phase`, async () => {
    const error = new Error('mine');
    for (const [name, phase] of [
      ['ping', 'message'],
      ['drain', 'message'],
    ] as const) {
      const { server, client, reports, serverEnd } = pairWithHook();
      server.on(name, () => fail(error));
      if (name === 'ping') client.ping();
      if (name === 'drain') {
        serverEnd.isStalled = true;
        server.send('x'.repeat(70_000));
        await settle();
        serverEnd.release();
      }
      expect((await client.closed).code, name).toBe(1011);
      expect(reports, name).toEqual([{ error, phase }]);
    }
  });

  test(`an open listener of a client that ${how} is reported with phase open`, async () => {
    const [serverEnd, clientEnd] = createPipe();
    const reports: unknown[] = [];
    const onError = (reported: unknown, { phase }: { phase: string }): void => void reports.push([reported, phase]);
    const error = new Error('mine');
    const server = new WebSocket(serverEnd, { role: 'server' });
    new WebSocket(clientEnd, { role: 'client', onError }).on('open', () => fail(error));
    expect((await server.closed).code).toBe(1011);
    expect(reports).toEqual([[error, 'open']]);
  });

  test(`a close listener that ${how} is reported with phase close`, async () => {
    const { server, client, reports } = pairWithHook();
    const error = new Error('mine');
    server.on('close', () => fail(error));
    client.close();
    await server.closed;
    await settle();
    expect(reports).toEqual([{ error, phase: 'close' }]);
  });

  test(`an error listener that ${how} is reported with phase close`, async () => {
    const { server, serverEnd, reports } = pairWithHook();
    const error = new Error('mine');
    server.onerror = () => fail(error);
    serverEnd.push(Buffer.from('8100', 'hex'));
    expect((await server.closed).code).toBe(1002);
    await settle();
    expect(reports).toEqual([{ error, phase: 'close' }]);
  });

  test(`a send callback that ${how} is reported with phase message`, async () => {
    const { server, client, reports } = pairWithHook();
    const error = new Error('mine');
    server.send('x', () => fail(error) as never);
    expect((await client.closed).code).toBe(1011);
    expect(reports).toEqual([{ error, phase: 'message' }]);
  });

  test(`the error of a hook that ${how} itself is printed, and ends nothing`, async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {});
    const error = new Error('of the hook');
    const { server, client } = createPair({ onError: () => fail(error) });
    server.on('message', () => {
      throw new Error('mine');
    });
    client.send('x');
    expect((await client.closed).code).toBe(1011);
    expect(print.mock.calls).toEqual([[error]]);
  });
}

test('without a hook the error is printed', async () => {
  const print = vi.spyOn(console, 'error').mockImplementation(() => {});
  const error = new Error('mine');
  const { server, client } = createPair();
  server.once('message', () => {
    throw error;
  });
  client.send('x');
  await client.closed;
  expect(print.mock.calls).toEqual([[error]]);
});

test('a fault of one socket does not affect the others', async () => {
  const broken = pairWithHook();
  const fine = createPair();
  broken.server.on('message', () => {
    throw new Error('mine');
  });
  fine.server.on('message', (data) => fine.server.send(data));
  broken.client.send('x');
  fine.client.send('x');
  expect(await fine.client.receive()).toEqual(Buffer.from('x'));
});

test('close() and terminate() inside listeners work, and close is emitted once', async () => {
  const { server, client } = createPair();
  let closes = 0;
  server.on('message', () => {
    server.close(1000);
    server.terminate();
    server.close(1000);
  });
  server.on('close', () => {
    closes++;
    server.close();
    server.terminate();
  });
  client.send('x');
  client.send('y');
  await server.closed;
  await settle();
  expect(closes).toBe(1);
});

test("a rejection by a listener of the application's own event has phase message", async () => {
  const { server, reports } = pairWithHook();
  const error = new Error('mine');
  server.on('custom' as 'ping', () => Promise.reject(error));
  server.emit('custom' as 'ping', Buffer.alloc(0));
  await settle();
  expect(reports).toEqual([{ error, phase: 'message' }]);
});
