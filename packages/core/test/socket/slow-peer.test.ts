import { afterEach, describe, expect, test, vi } from 'vitest';
import { createPair, settle } from './socket-pair.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('maxTotalBufferedAmount', () => {
  test('of all sockets together: exceeding it closes the socket with the most bytes with 1013, immediately', async () => {
    const limits = { maxTotalBufferedAmount: 500_000 };
    const [much, little] = [createPair(limits), createPair(limits)];
    const errors: Error[] = [];
    much.server.on('error', (error) => errors.push(error));
    for (const { serverEnd } of [much, little]) serverEnd.isStalled = true;
    much.server.send(Buffer.alloc(300_000));
    little.server.send(Buffer.alloc(150_000));
    await settle();
    expect(much.server.readyState).toBe(much.server.OPEN);
    little.server.send(Buffer.alloc(60_000));
    const { code, reason } = await much.server.closed;
    expect(code).toBe(1013);
    expect(reason).toMatch(/^Slow peer: 5\d{5} bytes are unsent for all sockets, over maxTotalBufferedAmount 500000$/);
    expect(errors).toMatchObject([{ code: 'WS_ERR_SLOW_PEER' }]);
    expect(much.serverEnd.destroyed).toBe(true);
    little.serverEnd.release();
    await settle();
    expect(little.server.readyState).toBe(little.server.OPEN);
    // The unsent bytes of the closed socket no longer count.
    little.serverEnd.isStalled = true;
    little.server.send(Buffer.alloc(499_000));
    await settle();
    expect(little.server.readyState).toBe(little.server.OPEN);
    for (const socket of [little.server, little.client, much.client]) socket.terminate();
    await settle();
  });
});

test('sockets that exceed the budget in the same turn are judged together', async () => {
  const pairs = [createPair({ maxTotalBufferedAmount: 0 }), createPair({ maxTotalBufferedAmount: 0 })];
  for (const { server, serverEnd } of pairs) {
    serverEnd.isStalled = true;
    server.send('waits');
  }
  expect((await Promise.all(pairs.map(({ server }) => server.closed))).map(({ code }) => code)).toEqual([1013, 1013]);
});

describe('a peer that accepts nothing', () => {
  test('is closed with 1013 after sendTimeout, and unsent messages have their callbacks called with an error', async () => {
    const { server, serverEnd } = createPair({ sendTimeout: 30 });
    const told: unknown[] = [];
    server.on('error', (error) => told.push((error as { code?: string }).code));
    serverEnd.isStalled = true;
    server.send('waits', (error) => told.push(error));
    await settle();
    server.send('waits behind it', (error) => told.push(String(error)));
    expect(await server.closed).toEqual({
      code: 1013,
      reason: 'Slow peer: accepted nothing for sendTimeout 30 ms',
      wasClean: false,
    });
    await settle();
    expect(serverEnd.destroyed).toBe(true);
    expect(told[0]).toBe('WS_ERR_SLOW_PEER');
    expect(told.slice(1).map(String)).toHaveLength(2);
    expect(told.slice(1)).not.toContain(undefined);
  });

  test('has half that time over maxBufferedAmount, which closes no peer that accepts bytes', async () => {
    const { server, serverEnd, client } = createPair({ maxBufferedAmount: 1_000, sendTimeout: 1_000 });
    client.on('message', () => {});
    for (let times = 0; times < 8; times++) {
      serverEnd.isStalled = true;
      server.send('x'.repeat(2_000));
      await new Promise((resolve) => setTimeout(resolve, 100));
      serverEnd.release();
    }
    expect(server.readyState).toBe(server.OPEN);
    serverEnd.isStalled = true;
    server.send('x'.repeat(2_000));
    const { code, reason } = await server.closed;
    expect([code, reason]).toEqual([
      1013,
      'Slow peer: 2004 bytes are unsent, over maxBufferedAmount 1000, and it accepted none for 500 ms',
    ]);
  });

  test('is not detected if sendTimeout is Infinity and little is unsent; 0 is a time limit', async () => {
    const { server, serverEnd } = createPair({ sendTimeout: 0 });
    serverEnd.isStalled = true;
    server.send('waits');
    expect((await server.closed).code).toBe(1013);
  });
});
