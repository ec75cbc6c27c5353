import { afterEach, expect, test, vi } from 'vitest';
import { ControlFrameRate } from '../../src/socket/control-frame-rate.ts';
import { createPair, settle } from './socket-pair.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('lets so many through at once, and as many again in 5 s', () => {
  const rate = new ControlFrameRate(50, 0);
  const count = (times: number, now: number): number =>
    Array.from({ length: times }, () => rate.count(now)).filter((fault) => fault === null).length;
  expect(count(60, 0)).toBe(50);
  expect(count(60, 1_000)).toBe(10);
  expect(count(60, 1_050)).toBe(0);
  expect(count(60, 1_100)).toBe(1);
  // What was not used is there later, but not more of it than at first.
  expect(count(60, 1_000_000)).toBe(50);
});

test('takes a peer that sends too many Pings and Pongs for what it is: 1008', async () => {
  const { server, client } = createPair({ maxControlFrames: 4 });
  const seen: string[] = [];
  const errors: Error[] = [];
  server.on('ping', () => seen.push('ping'));
  server.on('pong', () => seen.push('pong'));
  server.on('error', (error) => errors.push(error));
  for (let count = 0; count < 2; count++) {
    client.ping();
    client.pong();
  }
  await settle();
  expect([seen, server.readyState]).toEqual([['ping', 'pong', 'ping', 'pong'], server.OPEN]);
  client.ping();
  expect(await client.closed).toMatchObject({
    code: 1008,
    reason: 'Too many Pings and Pongs: over maxControlFrames 4 in 5 s',
  });
  expect(seen).toHaveLength(4);
  expect(errors).toMatchObject([{ code: 'WS_ERR_TOO_MANY_CONTROL_FRAMES', closeCode: 1008 }]);
});

test('counts nothing where that is wanted', async () => {
  const { server, client } = createPair({ maxControlFrames: Infinity });
  let count = 0;
  server.on('ping', () => count++);
  for (let pings = 0; pings < 1_000; pings++) client.ping();
  await settle();
  expect([count, server.readyState]).toEqual([1_000, server.OPEN]);
});
