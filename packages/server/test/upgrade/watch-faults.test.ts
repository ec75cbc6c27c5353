import { connect, type WebSocket } from '@turnout/core';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type CreateRouterOptions, serveRouter } from '@turnout/test-kit/serve-router';

/** Opens a socket of a route and collects its notices. */
async function open(
  handler: (socket: WebSocket) => unknown,
  options: CreateRouterOptions = {},
): Promise<{ client: WebSocket; lines: string[]; again: () => Promise<WebSocket> }> {
  const lines: string[] = [];
  const { url } = await serveRouter((router) => void router.ws('/chat', handler), {
    warn: (line) => lines.push(line),
    ...options,
  });
  const again = (): Promise<WebSocket> => connect(`${url}/chat?token=secret`);
  const client = await again();
  onTestFinished(() => client.terminate());
  return { client, lines, again };
}

const end = '; see docs/it-does-not-connect.md';

describe('a socket that is closed for a fault is reported with its path and the reason', () => {
  test('for a message over maxPayload: 1009', async () => {
    const { client, lines, again } = await open((socket) => void socket.on('message', () => {}), { maxPayload: 3 });
    client.send('four');
    expect((await client.closed).code).toBe(1009);
    await expect.poll(() => lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^turnout: the WebSocket at \/chat was closed with 1009: .*maxPayload/);
    const second = await again();
    second.send('four');
    await second.closed;
    expect(lines).toHaveLength(1);
  });

  test('for messages over the rate: 1008', async () => {
    const { client, lines } = await open((socket) => void socket.on('message', () => {}), {
      rate: { messages: 1, patience: 20 },
    });
    for (let sent = 0; sent < 10; sent++) client.send('x');
    expect((await client.closed).code).toBe(1008);
    await expect.poll(() => lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^turnout: the WebSocket at \/chat was closed with 1008: .*rate/);
  });

  test('for a handler that throws: 1011', async () => {
    const { client, lines } = await open(() => {
      throw new Error('Broken');
    });
    expect((await client.closed).code).toBe(1011);
    await expect
      .poll(() => lines)
      .toEqual([
        `turnout: the WebSocket at /chat was closed with 1011: its handler or a listener has failed; see onError${end}`,
      ]);
  });

  test('for the application’s own close, with its reason: 1013', async () => {
    const { client, lines } = await open((socket) => socket.close(1013, 'Too slow'));
    expect((await client.closed).code).toBe(1013);
    await expect.poll(() => lines).toEqual([`turnout: the WebSocket at /chat was closed with 1013: Too slow${end}`]);
  });

  test('for the application’s own close without a reason: 1008', async () => {
    const { client, lines } = await open((socket) => socket.close(1008));
    await client.closed;
    await expect
      .poll(() => lines)
      .toEqual([`turnout: the WebSocket at /chat was closed with 1008: no reason was given${end}`]);
  });
});

test('a socket that closes normally is not reported', async () => {
  const { client, lines, again } = await open((socket) => void socket.on('message', () => socket.close(1001)));
  client.send('x');
  await client.closed;
  const second = await again();
  second.close(4000, 'bye');
  await second.closed;
  expect(lines).toEqual([]);
});

test('an error that the application emits itself is not reported', async () => {
  const { client, lines } = await open((socket) => {
    socket.emit('error', new Error('own'));
    socket.close();
  });
  await client.closed;
  expect(lines).toEqual([]);
});

test('a socket gets no listener if warn is false', async () => {
  const count = vi.fn<(listeners: number) => void>();
  const { client } = await open((socket) => count(socket.listenerCount('error')), { warn: false });
  client.close();
  await client.closed;
  expect(count.mock.calls).toEqual([[0]]);
});

describe('a handler that is written like middleware', () => {
  test.each([
    ['at once', (next: () => void) => next()],
    ['later', (next: () => void) => void setImmediate(next)],
  ])('gets an error that says what to do if it calls next() %s', async (_when, call) => {
    const errors: unknown[] = [];
    const { client } = await open(
      ((_socket: WebSocket, _request: unknown, next: () => void) => call(next)) as (socket: WebSocket) => unknown,
      { onError: (error) => errors.push(error), warn: false },
    );
    expect((await client.closed).code).toBe(1011);
    expect(errors).toEqual([
      new TypeError(
        'The handler of the WebSocket at /chat called next(), but the upgrade is accepted and no handler follows. ' +
          'Decide in middleware before it, ws(path, middleware, handler), or close the socket',
      ),
    ]);
  });

  test('keeps the error passed to next() as the cause', async () => {
    const errors: unknown[] = [];
    const cause = new Error('No such room');
    const { client } = await open(
      ((_socket: WebSocket, _request: unknown, next: (error: Error) => void) => next(cause)) as never,
      { onError: (error) => errors.push(error), warn: false },
    );
    await client.closed;
    expect(errors).toMatchObject([{ name: 'TypeError', cause }]);
  });

  test('gets no third argument if it declares none', async () => {
    const counts: number[] = [];
    const { client } = await open((...args) => {
      counts.push(args.length);
    });
    client.close();
    await client.closed;
    expect(counts).toEqual([2]);
  });
});
