import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect } from '@turnout/core';
import { describe, expect, test, vi } from 'vitest';
import { createRouter, serveRouter } from '@turnout/test-kit/serve-router';
import { MessageRates } from '../../src/options/message-rates.ts';
import { TestStore, useStore } from '../session-store.ts';

describe('MessageRates', () => {
  test('gives each socket its own rate, unless per is user or address and they share that user or network', () => {
    const ann = { user: 'ann', address: '2001:db8::1' };
    const bob = { user: 'bob', address: '2001:db8::2' };
    const own = new MessageRates({ messages: 1 });
    expect(own.rateOf(ann)).not.toBe(own.rateOf(ann));
    const byUser = new MessageRates({ messages: 1, per: 'user' });
    expect(byUser.rateOf(ann)).toBe(byUser.rateOf({ ...ann, address: '192.0.2.1' }));
    expect(byUser.rateOf(ann)).not.toBe(byUser.rateOf(bob));
    const nobody = { user: undefined, address: undefined };
    expect(byUser.rateOf(nobody)).not.toBe(byUser.rateOf(nobody));
    const byAddress = new MessageRates({ messages: 1, per: 'address' });
    expect(byAddress.rateOf(ann)).toBe(byAddress.rateOf(bob));
    expect(byAddress.rateOf(nobody)).not.toBe(byAddress.rateOf(nobody));
  });

  test('forgets idle rates, and no others', () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1_000);
    const rates = new MessageRates({ messages: 1, per: 'user' });
    const busy = rates.rateOf({ user: 'busy', address: undefined });
    const idle = rates.rateOf({ user: 'idle', address: undefined });
    busy.count(1, 1_000);
    for (let index = 0; index < 1_000; index++) rates.rateOf({ user: `user ${index}`, address: undefined });
    expect(rates.rateOf({ user: 'busy', address: undefined })).toBe(busy);
    expect(rates.rateOf({ user: 'idle', address: undefined })).not.toBe(idle);
    clock.mockRestore();
  });
});

describe('the option rate', () => {
  test('of the app applies to all its routes together, and that of a route overrides it', async () => {
    let handled = 0;
    const count = (): void => void handled++;
    const { url } = await serveRouter(
      (router) => {
        router.ws('/a', (socket) => void socket.on('message', count));
        router.ws('/b', (socket) => void socket.on('message', count));
        router.ws('/free', { rate: { messages: Infinity } }, (socket) => void socket.on('message', count));
      },
      { rate: { messages: 5, patience: 60_000, per: 'user' }, user: () => 'ann' },
    );
    const [a, b, free] = await Promise.all(['a', 'b', 'free'].map((path) => connect(`${url}/${path}`)));
    for (let index = 0; index < 50; index++) free?.send('x');
    await expect.poll(() => handled).toBe(50);
    for (let index = 0; index < 10; index++) a?.send('x');
    await expect.poll(() => handled, { interval: 1 }).toBeGreaterThanOrEqual(55);
    const before = handled;
    for (let index = 0; index < 10; index++) b?.send('x');
    await expect.poll(() => handled, { interval: 1 }).toBeGreaterThan(before);
    expect(handled - before).toBeLessThan(5);
  });

  test.each([
    ['a number', 5, 'Invalid option rate: expected an object, got number'],
    ['null', null, 'Invalid option rate: expected an object, got null'],
    ['an unknown per', { per: 'host' }, "Invalid option rate.per: expected 'socket', 'user' or 'address', got 'host'"],
    ['a negative number', { messages: -1 }, 'Invalid option rate.messages'],
  ])('refuses %s, of an app and of a route', (_name, rate, message) => {
    expect(() => createRouter({ rate: rate as never })).toThrow(message);
    expect(() => createRouter().ws('/', { rate: rate as never }, () => {})).toThrow(message);
  });
});

describe('the option messagesAfterClose', () => {
  test.each([
    ['drop', []],
    ['deliver', ['late']],
  ] as const)('%s', async (messagesAfterClose, expected) => {
    const handled: string[] = [];
    const { port, router } = await serveRouter(
      (app) => {
        app.ws('/', (socket) => {
          socket.on('message', (data) => handled.push(data.toString()));
          socket.close(4000);
        });
      },
      { messagesAfterClose },
    );
    const client = connectTcp(port, '127.0.0.1');
    client.write(
      'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    // The Close frame follows the 101.
    await once(client, 'data');
    client.write(Buffer.from('8184000000006c617465' + '888200000000' + '0fa0', 'hex'));
    await expect.poll(() => router.sockets.size).toBe(0);
    expect(handled).toEqual(expected);
    client.destroy();
  });

  test('refuses any other word', () => {
    expect(() => createRouter({ messagesAfterClose: 'keep' as never })).toThrow(
      "Invalid option messagesAfterClose: expected 'drop' or 'deliver', got 'keep'",
    );
    expect(() => createRouter({ messagesAfterClose: true as never })).toThrow('got boolean');
  });
});

test('messages that are unread when the session ends are not handled', async () => {
  const store = new TestStore();
  store.add('a', {});
  const handled: string[] = [];
  let read: (() => void) | undefined;
  const { url, router } = await serveRouter((app) => {
    app.use(useStore(store));
    app.ws('/', async (socket) => {
      await new Promise<void>((resolve) => (read = resolve));
      for await (const message of socket) handled.push(String(message));
    });
  });
  const client = await connect(`${url}/?a`);
  client.send('too late');
  client.ping();
  await new Promise((resolve) => client.once('pong', resolve));
  await new Promise<void>((resolve) => store.destroy('a', () => resolve()));
  read?.();
  expect(await client.closed).toMatchObject({ code: 3000 });
  await expect.poll(() => router.sockets.size).toBe(0);
  expect(handled).toEqual([]);
});
