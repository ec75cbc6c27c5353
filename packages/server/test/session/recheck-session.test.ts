import { connect } from '@turnout/core';
import { describe, expect, test } from 'vitest';
import { serveRouter } from '@turnout/test-kit/serve-router';
import { TestStore, useStore } from '../session-store.ts';

async function serve(store: TestStore, handled: string[], sessionCheckInterval = 4_000) {
  return serveRouter(
    (app) => {
      app.use(useStore(store));
      app.ws('/', (socket) => {
        socket.on('message', (data) => {
          handled.push(data.toString());
          socket.send('handled');
        });
      });
    },
    { recheckSession: true, sessionCheckInterval },
  );
}

describe('with recheckSession', () => {
  test('no message is handled once the session is missing from the store, whoever ended it', async () => {
    const store = new TestStore();
    store.add('a', {});
    const handled: string[] = [];
    const { url } = await serve(store, handled);
    const socket = await connect(`${url}/?a`);
    for (const text of ['1', '2', '3']) socket.send(text);
    for (let count = 0; count < 3; count++) await socket.receive();
    // As another process does, unnoticed by this one.
    store.sessions.delete('a');
    for (const text of ['4', '5']) socket.send(text);
    expect(await socket.closed).toMatchObject({ code: 3000, reason: 'Session ended' });
    expect(handled).toEqual(['1', '2', '3']);
  });

  test('no polling of the store is needed', async () => {
    const store = new TestStore();
    store.add('a', {});
    const handled: string[] = [];
    const { url, router } = await serve(store, handled, Infinity);
    const socket = await connect(`${url}/?a`);
    await expect.poll(() => [router.sockets.size, store.calls]).toEqual([1, ['load a']]);
    store.sessions.delete('a');
    socket.send('1');
    expect(await socket.closed).toMatchObject({ code: 3000 });
    expect(handled).toEqual([]);
  });

  test('a socket whose store cannot answer is closed with 1011, and no message is handled', async () => {
    const store = new TestStore();
    store.add('a', {});
    const handled: string[] = [];
    const { url, errors } = await serve(store, handled);
    const socket = await connect(`${url}/?a`);
    store.beforeAnswer = () => Promise.reject(new Error('No store'));
    socket.send('1');
    expect((await socket.closed).code).toBe(1011);
    expect([handled, errors]).toMatchObject([[], [{ message: 'No store' }]]);
  });

  test('messages that a client sent before its Close frame are handled if it closes while the store is asked', async () => {
    const store = new TestStore();
    store.add('a', {});
    const handled: string[] = [];
    const { url, router } = await serve(store, handled);
    const socket = await connect(`${url}/?a`);
    socket.send('1');
    socket.send('2');
    socket.close(1000);
    await socket.closed;
    await expect.poll(() => router.sockets.size).toBe(0);
    expect(handled).toEqual(['1', '2']);
  });

  test('the store is not asked for a request without a session', async () => {
    const handled: string[] = [];
    const { url } = await serve(new TestStore(), handled);
    const socket = await connect(`${url}/`);
    socket.send('1');
    await socket.receive();
    expect(handled).toEqual(['1']);
    socket.terminate();
  });
});
