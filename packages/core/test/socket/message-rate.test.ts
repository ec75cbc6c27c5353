import { describe, expect, test } from 'vitest';
import { MessageRate, WebSocket } from '@turnout/core';
import { createPipe, settle } from './socket-pair.ts';

function createRatedPair(rate: MessageRate): { server: WebSocket; client: WebSocket } {
  const [serverEnd, clientEnd] = createPipe();
  return {
    server: new WebSocket(serverEnd, { role: 'server', rate }),
    client: new WebSocket(clientEnd, { role: 'client' }),
  };
}

describe('MessageRate', () => {
  test("accepts one second's messages at once, and then its number per second", () => {
    const rate = new MessageRate({ messages: 10 });
    const waits = Array.from({ length: 12 }, () => rate.count(1_000, 5_000));
    expect(waits).toEqual([...Array<number>(10).fill(0), 100, 200]);
    expect(rate.count(0, 5_300)).toBe(0);
    expect(rate.count(0, 5_300)).toBe(100);
    expect([rate.isIdle(6_399), rate.isIdle(6_400)]).toEqual([false, true]);
    expect(rate.count(0, 1_000_000)).toBe(0);
  });

  test('counts bytes too, and applies the slower of both', () => {
    const rate = new MessageRate({ messages: 1_000, bytes: 10_000 });
    expect(rate.count(10_000, 0)).toBe(0);
    expect(rate.count(500, 0)).toBe(50);
    expect(rate.count(0, 0)).toBe(51);
  });

  test('closes a peer over the rate after its patience, which restarts after a break', () => {
    const rate = new MessageRate({ messages: 10, patience: 3_000 });
    const flood = (from: number, to: number): void => {
      for (let now = from; now <= to; now += 100) rate.count(0, now);
    };
    for (let times = 0; times < 11; times++) rate.count(0, 0);
    flood(100, 3_000);
    expect(rate.fault(3_099)).toBeNull();
    expect(rate.fault(3_100)).toMatchObject({
      code: 'WS_ERR_TOO_FAST',
      closeCode: 1008,
      message: 'Too fast: over 10 messages a second for 3000 ms (option rate)',
    });
    rate.count(0, 60_000);
    expect(rate.fault(60_000)).toBeNull();
  });

  test('tolerates a peer that exceeds it for a moment, and again much later', () => {
    const rate = new MessageRate({ messages: 50, patience: 3_000 });
    for (let times = 0; times < 51; times++) rate.count(0, 0);
    for (let now = 0; now < 4_000; now += 25) rate.count(0, now);
    for (let times = 0; times < 60; times++) rate.count(0, 4_000);
    expect(rate.fault(4_000)).toBeNull();
  });

  test('does not count the time of a single long message', () => {
    const rate = new MessageRate({ bytes: 1_000, patience: 3_000 });
    expect(rate.count(16_000, 0)).toBe(15_000);
    expect(rate.fault(15_000)).toBeNull();
  });

  test('rejects invalid options', () => {
    expect(() => new MessageRate({ messages: -1 })).toThrow('Invalid option messages: expected a whole number');
    expect(() => new MessageRate({ bytes: '1' as never })).toThrow(
      'Invalid option bytes: expected a number, got string',
    );
    expect(() => new MessageRate({ patience: 0.5 })).toThrow('Invalid option patience');
  });
});

describe('a socket with a rate', () => {
  test('is held back over the rate, loses nothing and keeps the order', async () => {
    const { server, client } = createRatedPair(new MessageRate({ messages: 500 }));
    const received: number[] = [];
    server.on('message', (data) => received.push(Number(data)));
    const sent = Array.from({ length: 600 }, (_, index) => index);
    for (const number of sent) client.send(String(number));
    await settle();
    expect(received.length).toBeLessThan(520);
    await expect.poll(() => received.length, { interval: 5 }).toBe(600);
    expect(received).toEqual(sent);
    client.close(1000);
    expect((await server.closed).code).toBe(1000);
  });

  test('is closed with 1008 if the peer does not stop', async () => {
    const { server, client } = createRatedPair(new MessageRate({ bytes: 1_000, patience: 50 }));
    const errors: unknown[] = [];
    server.on('error', (error) => errors.push(error)).on('message', () => {});
    for (let count = 0; count < 100; count++) client.send('x'.repeat(100));
    expect((await server.closed).code).toBe(1008);
    expect(errors).toMatchObject([{ code: 'WS_ERR_TOO_FAST' }]);
  });

  test('shares the rate with all others that have the same object', async () => {
    const rate = new MessageRate({ messages: 10 });
    const [one, other] = [createRatedPair(rate), createRatedPair(rate)];
    let received = 0;
    for (const { server } of [one, other]) server.on('message', () => received++);
    for (let count = 0; count < 10; count++) one.client.send('x');
    await settle();
    for (let count = 0; count < 10; count++) other.client.send('x');
    await settle();
    expect(received).toBe(11);
    for (const { server } of [one, other]) server.terminate();
    await settle();
  });
});
