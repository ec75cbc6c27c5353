import { WebSocket } from '@turnout/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createPair, settle } from './socket-pair.ts';

// From the start: the timer is shared by all sockets.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function pass(milliseconds: number): Promise<void> {
  vi.advanceTimersByTime(milliseconds);
  await settle();
}

describe('a reader that has stopped', () => {
  test('has the Close frame seen behind messages that wait, which are kept for who reads again', async () => {
    const { server, client, serverEnd } = createPair();
    const [first, second] = [server.receive(), server.receive()];
    const sent = Array.from({ length: 40 }, (_, index) => String(index));
    for (const text of sent) client.send(text);
    client.close(1000);
    expect([await first, await second]).toEqual(['0', '1']);
    expect(await server.receive()).toBe('2');
    await settle();
    await pass(5_000);
    // Somebody has read within that time, and may only be slow.
    expect([await server.receive(), server.readyState]).toEqual(['3', WebSocket.OPEN]);
    await pass(5_000);
    expect([server.readyState, serverEnd.isPaused()]).toEqual([WebSocket.OPEN, true]);
    await pass(5_000);
    expect(await server.closed).toEqual({ code: 1000, reason: '', wasClean: true });
    const rest: unknown[] = [];
    for await (const message of server) rest.push(message);
    expect(rest).toEqual(sent.slice(4));
    await client.closed;
    expect(vi.getTimerCount()).toBe(0);
  });

  test('holds the peer back by the number of messages again once it reads on', async () => {
    const { server, client, serverEnd } = createPair({ maxUnreadMessages: 2 });
    client.send('first');
    await settle();
    expect(await server.receive()).toBe('first');
    for (let index = 0; index < 4; index++) client.send(String(index));
    await settle();
    expect(serverEnd.isPaused()).toBe(true);
    await pass(5_000);
    await pass(5_000);
    expect(serverEnd.isPaused()).toBe(false);
    expect(await server.receive()).toBe('0');
    client.send('4');
    await settle();
    expect(serverEnd.isPaused()).toBe(true);
    for (let index = 1; index < 5; index++) expect(await server.receive()).toBe(String(index));
    await pass(5_000);
    expect(serverEnd.isPaused()).toBe(false);
  });
});
